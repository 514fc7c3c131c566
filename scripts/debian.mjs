// The real parts that tests run against. On Debian as root they are installed; elsewhere what is missing is said.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Debian package by a file it installs. */
const parts = [
  { file: '/usr/bin/chromium', name: 'chromium', for: 'browser tests' },
  { file: '/usr/bin/prometheus', name: 'prometheus', for: 'tests beside a real Prometheus' },
  { file: '/usr/bin/prometheus-node-exporter', name: 'prometheus-node-exporter', for: 'tests beside a real node exporter' },
  { file: '/usr/sbin/nginx', name: 'nginx-light', for: 'tests with real nginx logs' },
  { file: '/usr/sbin/clickhouse-server', name: 'clickhouse-server', for: 'tests of the ClickHouse driver' },
  { file: '/usr/sbin/rsyslogd', name: 'rsyslog', for: 'syslog tests of the agent' },
];

export function ensureDebianPackages() {
  let missing = parts.filter((part) => !existsSync(part.file));
  if (missing.length > 0 && process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    console.error(`binocle: installing Debian packages for the tests: ${missing.map((part) => part.name).join(' ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 2], env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing.map((part) => part.name)], { stdio: ['ignore', 'ignore', 2], env });
    missing = parts.filter((part) => !existsSync(part.file));
  }
  for (const part of missing) {
    console.error(`binocle: ${part.name} is not here, so ${part.for} are left out`);
  }
  if (missing.length > 0 && process.env.CI === 'true') {
    console.error('binocle: with CI=true nothing may be left out');
    process.exit(1);
  }
}
