import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A ClickHouse server of our own: an ordinary process on loopback ports, with its data in one directory. */

/** Where Debian's and ClickHouse's own packages put it. */
const binary = ['/usr/sbin/clickhouse-server', '/usr/bin/clickhouse-server'].find((file) => existsSync(file));

/** Why none can be started here, or false. */
export const clickhouseMissing: string | false = binary ? false : 'clickhouse-server is not installed';

export interface ClickHousePorts {
  http: number;
  tcp: number;
  inter: number;
}

export interface ClickHouseConfig extends ClickHousePorts {
  dir: string;
  /** XML: settings of the user's profile; the inside of `remote_servers`; anything besides. */
  profile?: string;
  clusters?: string;
  more?: string;
}

/** Starts a server and resolves when it answers. */
export async function launchClickhouse(config: ClickHouseConfig): Promise<ChildProcess> {
  const { dir, http } = config;
  ['data', 'tmp', 'files', 'format'].forEach((name) => mkdirSync(path.join(dir, name), { recursive: true }));
  writeFileSync(path.join(dir, 'users.xml'), usersXml(config));
  writeFileSync(path.join(dir, 'config.xml'), configXml(config));
  const child = spawn(binary!, [`--config-file=${dir}/config.xml`], { stdio: 'ignore', cwd: dir });
  await clickhouseReady(http, child);
  return child;
}

const readyMsMax = 20_000;
const pingMsMax = 1_000;

export async function clickhouseReady(port: number, child: ChildProcess): Promise<void> {
  for (const started = Date.now(); Date.now() - started < readyMsMax; ) {
    if (child.exitCode !== null) {
      throw new Error(`clickhouse-server ended with ${child.exitCode}`);
    }
    try {
      if ((await fetch(`http://127.0.0.1:${port}/ping`, { signal: AbortSignal.timeout(pingMsMax) })).ok) {
        return;
      }
    } catch {
      // not listening yet
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('clickhouse-server does not answer');
}

/** Below the ports that systems give to outgoing connections (from 32768 on Linux): a server that is killed finds its own free when it is started again. */
const portsFrom = 16_000;
const portsTo = 32_000;

/** Different ports of this machine on which nobody listens. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(portsFrom, portsTo);
    if (await isFree(port)) {
      ports.add(port);
    }
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().listen(port, '127.0.0.1');
    server.once('error', () => resolve(false)).once('listening', () => server.close(() => resolve(true)));
  });
}

/** One server in a new directory, for as long as it takes. */
export async function ownClickhouse(): Promise<{ address: string; stop(): void }> {
  const dir = mkdtempSync(path.join(tmpdir(), 'binocle-clickhouse-'));
  const [http, tcp, inter] = await freePorts(3);
  const child = await launchClickhouse({ dir, http, tcp, inter });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    address: `clickhouse://127.0.0.1:${http}/bench`,
    stop: () => {
      kill();
      process.off('exit', kill);
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function configXml({ dir, http, tcp, inter, clusters = '', more = '' }: ClickHouseConfig): string {
  return `<yandex>
<logger><level>error</level><log>${dir}/log</log><errorlog>${dir}/errorlog</errorlog></logger>
<http_port>${http}</http_port><tcp_port>${tcp}</tcp_port><interserver_http_port>${inter}</interserver_http_port><interserver_http_host>127.0.0.1</interserver_http_host>
<listen_host>127.0.0.1</listen_host><path>${dir}/data/</path><tmp_path>${dir}/tmp/</tmp_path><user_files_path>${dir}/files/</user_files_path><format_schema_path>${dir}/format/</format_schema_path>
<users_config>${dir}/users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database><timezone>UTC</timezone>
<mark_cache_size>67108864</mark_cache_size><uncompressed_cache_size>8388608</uncompressed_cache_size>
<remote_servers>${clusters}</remote_servers>
${more}
</yandex>`;
}

function usersXml({ profile = '' }: ClickHouseConfig): string {
  return `<yandex><profiles><default>${profile}</default></profiles><users><default><password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default></users><quotas><default></default></quotas></yandex>`;
}
