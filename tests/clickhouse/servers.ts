import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clickhouseMissing, freePorts, launchClickhouse } from '../../backend/bench/clickhouse';
import { openStore } from '../../backend/store/open';
import type { Store } from '../../backend/store/store';

/** Real ClickHouse servers of Debian, started by the tests on loopback ports: one, or several as the shards of a cluster. */

/** Why tests with a real ClickHouse can't run here, or false. */
export const missing = clickhouseMissing;

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
    const child = await launchClickhouse({
      dir: path.join(root, String(i)), http, tcp, inter, profile, clusters: count > 1 ? `<test>${shards.join('')}</test>` : '', more: replication(i),
    });
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
