// The real parts that tests run against. On Debian as root they are installed; elsewhere what is missing is said.
import { spawn } from 'node:child_process';
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

const missingParts = () => parts.filter((part) => !existsSync(part.file));

/**
 * Starts the installation and resolves when it is over; npm can work beside it. Says what is missing then, and with CI=true
 * ends the run, because there nothing may be left out.
 */
export async function ensureDebianPackages() {
  const names = missingParts().map((part) => part.name);
  if (names.length > 0 && process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    console.error(`binocle: installing Debian packages for the tests: ${names.join(' ')}`);
    const script = 'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"';
    const child = spawn('sh', ['-c', script, 'sh', ...names], { stdio: ['ignore', 'ignore', 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    await new Promise((resolve) => child.on('close', resolve));
  }
  for (const part of missingParts()) {
    console.error(`binocle: ${part.name} is not here, so ${part.for} are left out`);
  }
  if (missingParts().length > 0 && process.env.CI === 'true') {
    console.error('binocle: with CI=true nothing may be left out');
    process.exit(1);
  }
}
