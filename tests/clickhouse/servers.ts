import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openStore } from '../../backend/store/open';
import type { Store } from '../../backend/store/store';

/** Real ClickHouse servers of Debian, started by the tests on loopback ports: one, or several as the shards of a cluster. */

const binary = '/usr/sbin/clickhouse-server';

/** Why tests with a real ClickHouse can't run here, or false. */
export const missing: string | false = existsSync(binary) ? false : 'clickhouse-server is not installed';

export interface Node {
  http: number;
  tcp: number;
  process: ChildProcess;
}

export interface Servers {
  nodes: Node[];
  /** The address for `--store`, of a database of its own. */
  address(database: string, options?: string): string;
  /** Starts a node that was killed. */
  restart(index: number): Promise<void>;
  stop(): void;
}

const readyMsMax = 20_000;

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export interface Layout {
  /** The shard of each node; nodes of one shard are its replicas. */
  shardOf: number[];
  /** Port of the ZooKeeper through which replicas know each other. */
  zookeeper: number;
}

/** `profile` is XML for the settings of the user: what an operator may have set. Without a layout every node is a shard. */
export async function startServers(count: number, profile = '', layout?: Layout): Promise<Servers> {
  const root = mkdtempSync(path.join(tmpdir(), 'binocle-clickhouse-'));
  const ports = await freePorts(count * 3);
  const shardOf = layout?.shardOf ?? Array.from({ length: count }, (_, i) => i);
  const replica = (i: number): string => `<replica><host>127.0.0.1</host><port>${ports[i * 3 + 1]}</port></replica>`;
  const shards = [...new Set(shardOf)].map((shard) => `<shard><internal_replication>true</internal_replication>${shardOf.map((own, i) => (own === shard ? replica(i) : '')).join('')}</shard>`);
  const replication = (i: number): string =>
    layout ? `<zookeeper><node><host>127.0.0.1</host><port>${layout.zookeeper}</port></node><session_timeout_ms>3000</session_timeout_ms></zookeeper><macros><shard>${shardOf[i]}</shard><replica>${i}</replica></macros>` : '';
  const launch = async (i: number): Promise<Node> => {
    const [http, tcp, inter] = ports.slice(i * 3);
    const dir = path.join(root, String(i));
    ['data', 'tmp', 'files', 'format'].forEach((name) => mkdirSync(path.join(dir, name), { recursive: true }));
    writeFileSync(path.join(dir, 'users.xml'), usersXml(profile));
    writeFileSync(path.join(dir, 'config.xml'), configXml({ dir, http, tcp, inter, shards: count > 1 ? shards.join('') : '', replication: replication(i) }));
    const child = spawn(binary, [`--config-file=${dir}/config.xml`], { stdio: 'ignore', cwd: dir });
    await ready(http, child);
    return { http, tcp, process: child };
  };
  const nodes = await Promise.all(Array.from({ length: count }, (_, i) => launch(i)));
  const kill = (): void => nodes.forEach(({ process: child }) => child.kill('SIGKILL'));
  process.once('exit', kill);
  return {
    nodes,
    address: (database, options = '') => `clickhouse://${nodes.map(({ http }) => `127.0.0.1:${http}`).join(',')}/${database}?${count > 1 ? 'cluster=test&' : ''}${options}`,
    restart: async (i) => {
      nodes[i] = await launch(i);
    },
    stop: () => {
      kill();
      process.off('exit', kill);
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

let shared: Promise<Servers> | undefined;
let databases = 0;

/** A store in a new database of two shards that run until this process ends. */
export async function openOnShards(): Promise<{ store: Store; release: () => void }> {
  shared ??= startServers(2).then((servers) => {
    servers.nodes.forEach(({ process: child }) => child.unref());
    process.once('exit', () => servers.stop());
    return servers;
  });
  const { store } = await openStore({ driver: 'clickhouse', url: (await shared).address(`shared${databases++}`) });
  return { store, release: () => undefined };
}

export async function ready(port: number, child: ChildProcess): Promise<void> {
  for (const started = Date.now(); Date.now() - started < readyMsMax; ) {
    if (child.exitCode !== null) {
      throw new Error(`clickhouse-server ended with ${child.exitCode}`);
    }
    try {
      if ((await fetch(`http://127.0.0.1:${port}/ping`)).ok) {
        return;
      }
    } catch {
      // not listening yet
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('clickhouse-server does not answer');
}

function configXml({ dir, http, tcp, inter, shards, replication }: { dir: string; http: number; tcp: number; inter: number; shards: string; replication: string }): string {
  return `<yandex>
<logger><level>error</level><log>${dir}/log</log><errorlog>${dir}/errorlog</errorlog></logger>
<http_port>${http}</http_port><tcp_port>${tcp}</tcp_port><interserver_http_port>${inter}</interserver_http_port><interserver_http_host>127.0.0.1</interserver_http_host>
<listen_host>127.0.0.1</listen_host><path>${dir}/data/</path><tmp_path>${dir}/tmp/</tmp_path><user_files_path>${dir}/files/</user_files_path><format_schema_path>${dir}/format/</format_schema_path>
<users_config>${dir}/users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database><timezone>UTC</timezone>
<mark_cache_size>67108864</mark_cache_size><uncompressed_cache_size>8388608</uncompressed_cache_size>
<remote_servers>${shards && `<test>${shards}</test>`}</remote_servers>
${replication}
</yandex>`;
}

function usersXml(profile: string): string {
  return `<yandex><profiles><default>${profile}</default></profiles><users><default><password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default></users><quotas><default></default></quotas></yandex>`;
}
