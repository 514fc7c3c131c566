/** Where a ClickHouse is and how the driver uses it; from `clickhouse://user:password@host:8123,host2:8123/database?cluster=name`. */
export interface ClickHouseAddress {
  /** HTTP addresses of nodes. Any of them answers for all; DDL goes to each when several are named, else through `ON CLUSTER`. */
  nodes: string[];
  user: string;
  password: string;
  database: string;
  /** Name of a cluster in the servers' `remote_servers`; undefined: one server. */
  cluster?: string;
  /** How long one statement may take before it is killed; a frozen shard answers never. */
  timeoutMs: number;
  /** `create` makes what is missing; `check` only says what it would make, and refuses to start. */
  schema: 'create' | 'check';
  /** Whether answers may lack the shards that are away, with a warning. */
  partial: boolean;
  /** Bytes that may wait on this machine while ClickHouse is away; 0: none, pushes are refused then. */
  spoolBytesMax: number;
}

const spoolMegabytesDefault = 1024;

const timeoutMsDefault = 60_000;
const form = /^clickhouses?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/@?]+)(?:\/([^/?]*))?(?:\?(.*))?$/;
const name = /^[A-Za-z_][A-Za-z0-9_]*$/;
const knownOptions = new Set(['cluster', 'timeout_seconds', 'schema', 'partial', 'spool_mb']);

/** Throws an Error in plain words. `clickhouses://` speaks TLS. */
export function parseAddress(text: string): ClickHouseAddress {
  const found = form.exec(text);
  if (!found) {
    throw new Error('--store: an address such as clickhouse://user:password@host:8123/database?cluster=name is expected');
  }
  const [, user = 'default', password = '', hosts, database = '', query = ''] = found;
  const options = new URLSearchParams(query);
  const unknown = [...options.keys()].find((key) => !knownOptions.has(key));
  if (unknown !== undefined) {
    throw new Error(`--store: clickhouse has no option ${unknown}; known are ${[...knownOptions].join(', ')}`);
  }
  const cluster = options.get('cluster') || undefined;
  for (const identifier of [database || 'default', cluster ?? 'none']) {
    if (!name.test(identifier)) {
      throw new Error(`--store: ${identifier} is no name for a database or cluster (letters, digits, underscores)`);
    }
  }
  const seconds = Number(options.get('timeout_seconds') ?? timeoutMsDefault / 1000);
  if (!(seconds > 0)) {
    throw new Error('--store: timeout_seconds: a number above 0 is expected');
  }
  const spool = Number(options.get('spool_mb') ?? spoolMegabytesDefault);
  if (!(spool >= 0)) {
    throw new Error('--store: spool_mb: a number of megabytes is expected, 0 for none');
  }
  const scheme = text.startsWith('clickhouses:') ? 'https' : 'http';
  return {
    nodes: hosts.split(',').map((host) => nodeUrl(scheme, host)),
    user: decodeURIComponent(user),
    password: decodeURIComponent(password),
    database: database || 'default',
    cluster,
    timeoutMs: seconds * 1000,
    schema: choice(options, 'schema', ['create', 'check']),
    partial: choice(options, 'partial', ['refuse', 'allow']) === 'allow',
    spoolBytesMax: spool * 1024 * 1024,
  };
}

/** The value of an option that has two; the first is what it is when nothing is said. */
function choice<Value extends string>(options: URLSearchParams, key: string, values: [Value, Value]): Value {
  const given = options.get(key) ?? values[0];
  const found = values.find((value) => value === given);
  if (found === undefined) {
    throw new Error(`--store: ${key}: ${values.join(' or ')} is expected, not ${given}`);
  }
  return found;
}

function nodeUrl(scheme: string, host: string): string {
  const withPort = /:\d+$/.test(host) ? host : `${host}:${scheme === 'https' ? 8443 : 8123}`;
  try {
    return new URL(`${scheme}://${withPort}`).origin;
  } catch {
    throw new Error(`--store: ${host} is no host`);
  }
}
