import type { ClickHouseClient } from './client';
import { ddlNodes, onCluster } from './nodes';
import { quote } from './sql';

/** The tables, by version of the server, on one server or on a cluster. */

/** Servers from here on know codecs, LowCardinality without a flag and skip indexes; older ones get the plain form. */
const modernVersion = 23;
const formatVersion = 1;

interface Column {
  name: string;
  type: string;
  codec?: string;
  fallback?: string;
  /** Came later and may be missing: tables of an earlier version get it at the start. */
  later?: boolean;
}

interface Table {
  name: string;
  /** Column and type, with the part that only modern servers get. */
  columns: Column[];
  engine: string;
  versionColumn?: string;
  partition?: string;
  primary?: string;
  order: string;
  /** Which shard a row belongs to. Repeats of a row must meet on one shard, and a busy stream must spread over all. */
  sharding: string;
  index?: string;
  /** On modern servers. */
  ttl?: string;
}

const tables: Table[] = [
  {
    name: 'entries',
    columns: [
      { name: 'tenant', type: 'String', codec: 'ZSTD(1)' },
      { name: 'stream_id', type: 'UInt64', codec: 'ZSTD(1)' },
      { name: 'ts', type: 'Int64', codec: 'Delta, ZSTD(1)' },
      { name: 'arrival', type: 'UInt64', codec: 'Delta, ZSTD(1)' },
      // which process stored it; with `arrival` this names the insert, for live tail
      { name: 'writer', type: 'UInt32', codec: 'ZSTD(1)', later: true },
      { name: 'repeat', type: 'UInt64', codec: 'Delta, ZSTD(1)' },
      { name: 'level', type: 'UInt8', codec: 'ZSTD(1)' },
      { name: 'meta_k', type: 'Array(String)', codec: 'ZSTD(1)' },
      { name: 'meta_v', type: 'Array(String)', codec: 'ZSTD(1)' },
      { name: 'line', type: 'String', codec: 'ZSTD(1)' },
      // so that counting bytes reads no lines
      { name: 'size', type: 'UInt32', fallback: 'length(line)', codec: 'Delta, ZSTD(1)', later: true },
      // of two equal rows the one that came first stays
      { name: 'keep', type: 'UInt64', fallback: 'bitNot(arrival)', codec: 'Delta, ZSTD(1)' },
    ],
    engine: 'ReplacingMergeTree',
    versionColumn: 'keep',
    partition: 'intDiv(ts, 86400000000000)',
    primary: '(tenant, stream_id, ts)',
    order: '(tenant, stream_id, ts, sipHash64(line), repeat)',
    sharding: 'cityHash64(stream_id, intDiv(ts, 3600000000000))',
    index: 'INDEX line_grams line TYPE ngrambf_v1(4, 32768, 3, 0) GRANULARITY 1',
  },
  {
    name: 'streams',
    columns: [
      { name: 'day', type: 'Int32' },
      { name: 'tenant', type: 'String' },
      { name: 'stream_id', type: 'UInt64' },
      { name: 'lk', type: 'Array(String)' },
      { name: 'lv', type: 'Array(String)' },
    ],
    engine: 'ReplacingMergeTree',
    partition: 'day',
    order: '(tenant, stream_id)',
    sharding: 'cityHash64(stream_id)',
  },
  {
    name: 'receipts',
    columns: [
      { name: 'tenant', type: 'String' },
      { name: 'agent', type: 'String' },
      { name: 'sequence', type: 'UInt64' },
      { name: 'state', type: 'String' },
    ],
    engine: 'ReplacingMergeTree',
    versionColumn: 'sequence',
    order: '(tenant, agent)',
    sharding: 'cityHash64(tenant, agent)',
  },
  {
    name: 'commits',
    columns: [
      { name: 'at', type: 'DateTime', fallback: 'now()' },
      { name: 'writer', type: 'UInt32' },
      { name: 'sequence', type: 'UInt64' },
      { name: 'tenant', type: 'String' },
      { name: 'stream_id', type: 'UInt64' },
      { name: 'ts_first', type: 'Int64' },
      { name: 'ts_last', type: 'Int64' },
      { name: 'arrival_first', type: 'UInt64' },
      { name: 'arrival_last', type: 'UInt64' },
      { name: 'entries', type: 'UInt64' },
      { name: 'bytes', type: 'UInt64' },
    ],
    engine: 'MergeTree',
    partition: 'intDiv(toUInt32(at), 3600)',
    order: '(at, writer, sequence)',
    sharding: 'writer',
    ttl: 'at + INTERVAL 2 HOUR',
  },
  {
    name: 'format',
    columns: [{ name: 'version', type: 'UInt64' }],
    engine: 'ReplacingMergeTree',
    order: 'version',
    sharding: 'version',
  },
];

/** Where rows lie on each node: behind the Distributed table in a cluster, the table itself on one server. */
export const localName = (table: string, clustered: boolean): string => (clustered ? `${table}_local` : table);

export interface ServerFacts {
  version: string;
  modern: boolean;
  /** Whether shards of the cluster have more than one replica. */
  replicated: boolean;
  /** The named nodes by shard; empty unless a node of every shard is named. */
  shards: string[][];
}

/** Throws an Error in plain words when the server or the cluster is not as the address says. */
export async function readFacts(client: ClickHouseClient): Promise<ServerFacts> {
  const anywhere = { database: 'default' };
  const [version] = await client.rows('version()', (row) => row.text(), anywhere);
  const { cluster } = client.address;
  let replicated = false;
  let shards: string[][] = [];
  if (cluster !== undefined) {
    const replicas = await client.rows(`toInt64(shard_num), toInt64(replica_num) FROM system.clusters WHERE cluster = ${quote(cluster)}`, (row) => [row.i64(), row.i64()], anywhere);
    if (replicas.length === 0) {
      const names = await client.rows('cluster FROM system.clusters GROUP BY cluster', (row) => row.text(), anywhere);
      throw new Error(`ClickHouse knows no cluster ${cluster} (remote_servers); it knows: ${names.join(', ') || 'none'}`);
    }
    replicated = replicas.some(([, replica]) => replica > 1n);
    shards = await namedShards(client, cluster, new Set(replicas.map(([shard]) => shard)).size);
  }
  return { version, modern: Number(version.split('.')[0]) >= modernVersion, replicated, shards };
}

/** The named nodes by shard. When several are named, DDL goes to each of them: then every shard must be among them. */
async function namedShards(client: ClickHouseClient, cluster: string, shards: number): Promise<string[][]> {
  const { nodes, partial } = client.address;
  if (nodes.length === 1 && shards > 1 && partial) {
    throw new Error('--store: partial=allow needs a node of every shard in the address: each is asked for itself');
  }
  const found = new Map<bigint, string[]>();
  for (const node of nodes.length > 1 || partial ? nodes : []) {
    const own = await client.rows(`toInt64(shard_num) FROM system.clusters WHERE cluster = ${quote(cluster)} AND is_local = 1`, (row) => row.i64(), { node, database: 'default' });
    own.forEach((shard) => found.set(shard, [...(found.get(shard) ?? []), node]));
  }
  if (nodes.length > 1 && found.size < shards) {
    throw new Error(`--store: the address names nodes of ${found.size} of the ${shards} shards of cluster ${cluster}; name one node only (DDL then goes through ON CLUSTER) or a node of every shard`);
  }
  return [...found.values()];
}

/** Statements that make what is missing. With `ON CLUSTER` one node is enough; with all nodes named each gets them. */
export function createStatements(client: ClickHouseClient, facts: ServerFacts): string[] {
  const { database, cluster } = client.address;
  const on = onCluster(client.address);
  return tables.flatMap((table) => {
    const local = localName(table.name, cluster !== undefined);
    const made = `CREATE TABLE IF NOT EXISTS ${database}.${local}${on} (${columnsText(table, facts.modern)}) ENGINE = ${engineText(table, database, local, facts)}${keysText(table, facts.modern)}`;
    return cluster === undefined ? [made] : [made, `CREATE TABLE IF NOT EXISTS ${database}.${table.name}${on} AS ${database}.${local} ENGINE = Distributed(${cluster}, ${database}, ${local}, ${table.sharding})`];
  });
}

function columnsText(table: Table, modern: boolean): string {
  const columns = table.columns.map(({ name, type, codec, fallback }) => `${name} ${type}${fallback ? ` DEFAULT ${fallback}` : ''}${modern && codec ? ` CODEC(${codec})` : ''}`);
  return [...columns, ...(modern && table.index ? [table.index] : [])].join(', ');
}

function engineText(table: Table, database: string, local: string, { replicated }: ServerFacts): string {
  const path = replicated ? [`'/clickhouse/tables/{shard}/${database}/${local}'`, `'{replica}'`] : [];
  return `${replicated ? 'Replicated' : ''}${table.engine}(${[...path, ...(table.versionColumn ? [table.versionColumn] : [])].join(', ')})`;
}

function keysText({ partition, primary, order, ttl }: Table, modern: boolean): string {
  return `${partition ? ` PARTITION BY ${partition}` : ''}${primary ? ` PRIMARY KEY ${primary}` : ''} ORDER BY ${order}${modern && ttl ? ` TTL ${ttl}` : ''} SETTINGS index_granularity = 8192${modern ? ', non_replicated_deduplication_window = 100' : ''}`;
}

/** Makes the schema, or says what it would make, and checks that what is there fits. */
export async function prepareSchema(client: ClickHouseClient, facts: ServerFacts): Promise<void> {
  const { cluster, database, schema } = client.address;
  const statements = createStatements(client, facts);
  const on = onCluster(client.address);
  for (const node of ddlNodes(client.address)) {
    if (schema === 'create' && database !== 'default') {
      await client.run(`CREATE DATABASE IF NOT EXISTS ${database}${on}`, { node, database: 'default' });
    }
    const there = await client.rows(`name FROM system.tables WHERE database = ${quote(database)}`, (row) => row.text(), { node, database: 'default' });
    const wanted = tables.flatMap(({ name }) => (cluster === undefined ? [name] : [localName(name, true), name]));
    const changes = [...statements.filter((_, i) => !there.includes(wanted[i])), ...(await columnChanges(client, there, node, on))];
    if (changes.length > 0 && schema === 'check') {
      throw new Error(`ClickHouse${node ? ` at ${node}` : ''} lacks tables or columns; with schema=create this would run:\n${changes.map((sql) => `${sql};`).join('\n')}`);
    }
    for (const sql of changes) {
      await client.run(sql, { node });
    }
  }
  await checkFormat(client);
}

/** Statements that add columns of later versions. Throws an Error when the tables that are there differ in any other way. */
async function columnChanges(client: ClickHouseClient, there: string[], node: string | undefined, on: string): Promise<string[]> {
  const { cluster, database } = client.address;
  const rows = await client.rows(`table, name, type FROM system.columns WHERE database = ${quote(database)}`, (row) => [row.text(), row.text(), row.text()], { node, database: 'default' });
  const types = new Map(rows.map(([table, name, type]) => [`${table}.${name}`, type]));
  const wrong: string[] = [];
  const changes: string[] = [];
  for (const table of tables) {
    const names = cluster === undefined ? [table.name] : [localName(table.name, true), table.name];
    for (const name of names.filter((one) => there.includes(one))) {
      for (const column of table.columns) {
        const type = types.get(`${name}.${column.name}`);
        const add = (list: string[], target: string): number => list.push(`ALTER TABLE ${database}.${name}${target} ADD COLUMN ${column.name} ${column.type}${column.fallback ? ` DEFAULT ${column.fallback}` : ''}`);
        if (type === undefined && column.later) {
          add(changes, on);
        } else if (type === undefined) {
          add(wrong, '');
        } else if (type.replace(/LowCardinality\((\w+)\)/, '$1') !== column.type) {
          wrong.push(`${database}.${name}.${column.name} is ${type}, ${column.type} is needed`);
        }
      }
    }
  }
  if (wrong.length > 0) {
    throw new Error(`the tables in ClickHouse are not as this version needs them: ${wrong.join('; ')}`);
  }
  return changes;
}

/** The version of the layout, so that a newer server's tables are not written by an older one. */
async function checkFormat(client: ClickHouseClient): Promise<void> {
  const [version] = await client.rows('max(version) FROM format', (row) => row.u64());
  if (version === 0n) {
    await client.run(`INSERT INTO format (version) VALUES (${formatVersion})`);
  } else if (version > BigInt(formatVersion)) {
    throw new Error(`the tables in ClickHouse are of format ${version}, this version of Binocle knows ${formatVersion}`);
  }
}
