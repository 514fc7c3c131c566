import { logLevels } from '../log';
import type { StoreSettings } from '../store/open';
import type { RetentionPolicy } from '../store/store';
import { chooseDataDir } from './dataDir';
import { isTrue, type Flags } from './flags';
import { explainIgnored, type Ignored } from './ignored';
import { limitsByDefault, readLimits, type TenantLimits } from './limits';
import { Section, sizeInBytes } from './section';
import { chooseStore } from './storage';
import { readYamlFile } from './yamlFile';

/** How a server runs, from a Loki file of any version, Binocle's own keys and the command line. */
export interface ServerConfig {
  host: string;
  port: number;
  /** Before every path, `/` or empty for none. */
  pathPrefix: string;
  authEnabled: boolean;
  multiTenantQueries: boolean;
  dataDir: string;
  /** `sqlite`, `memory`, or the address of a ClickHouse. */
  store: string;
  keepRepeats: boolean;
  memoryBytesMax: number;
  pushBytesMax: number;
  readerThreads?: number;
  logLevel: string;
  logFormat: 'logfmt' | 'json';
  limits: TenantLimits;
  /** Limits of single tenants, over `limits`. */
  overrides: Map<string, TenantLimits>;
  /** File with tenants' limits that is read again when it changes (`runtime_config.file`). */
  runtimeConfigFiles: string[];
  retention: RetentionPolicy;
  /** How often background work happens; only tests set it, to meet crashes in the middle of it. */
  pace?: { seal?: StoreSettings['seal']; retentionEveryMs?: number };
  datasources: Map<string, string>;
  /** Folder of the page at `/explore`; undefined: where the project builds it, if it did. */
  exploreDir?: string;
  /** Sections that other parts read for themselves. */
  warnings: string[];
  ignored: Ignored[];
  /** What the file says, for `/config`; secrets taken out. */
  content: unknown;
}

export const defaultPort = 3100;
/** Only this machine, until a flag or the file says otherwise. */
export const defaultHost = '127.0.0.1';
/** Stated ceiling of resident memory; queues and caches are sized from it. */
export const defaultMemoryBytes = 256 * 1024 * 1024;
/**
 * Least ceilings that can be held, measured with `scripts/launch.mjs`. With two reader threads a server takes 115 MB at rest, 130 MB while an agent
 * sends and a page asks, and 150 MB while lines come in as fast as they can; without them (in memory, or on a ClickHouse) 85, 90 and 110 MB.
 */
const memoryBytesMin = { withReaders: 160 * 1024 * 1024, withoutReaders: 112 * 1024 * 1024 };
/** Largest push after decompression, as a share of the ceiling of memory: it is there twice while it is stored. Agents send about one megabyte. */
const pushShareMax = 1 / 12;

export interface ConfigSources {
  flags: Flags;
  env: Readonly<Record<string, string | undefined>>;
}

/** Throws an Error in plain words for a file that can't be read or a value that makes no sense; never for a key. */
export function loadServerConfig({ flags, env }: ConfigSources): ServerConfig {
  const flag = (...names: string[]): string | undefined => names.map((name) => flags.values.get(name)).find((value) => value !== undefined);
  /** A flag goes before the file; what the file says is read even so, else it would be reported as unknown. */
  const flagBefore = <T>(inFile: T, ...names: string[]): string | T => flag(...names) ?? inFile;
  /** What a wrong value is to be found by: the flag that was given, else the key in the file. */
  const givenAs = (key: string, ...names: string[]): string => {
    const given = names.find((name) => flags.values.has(name));
    return given === undefined ? key : `--${given}`;
  };
  const file = flag('config.file', 'config');
  const yaml = file === undefined ? { content: {}, warnings: [] } : readYamlFile(file, { expandEnv: isTrue(flag('config.expand-env')), env });
  const root = new Section(yaml.content ?? {});
  const server = root.section('server');
  const querier = root.section('querier');
  const own = root.section('binocle');
  const limits = readLimits(root.section('limits_config'), limitsByDefault(root.section('distributor'), querier));
  const inlineOverrides = readOverrides(root.section('overrides'), limits);
  const store = chooseStore(flag('store'), root, own);
  const readerThreads = own.number('reader_threads');
  const memoryBytesMax = memoryOf(flagBefore(own.raw('memory_max'), 'memory-max', 'memory.max'), givenAs('binocle.memory_max', 'memory-max', 'memory.max'), store === 'sqlite' && readerThreads !== 0);
  const pushBytesMax = own.bytes('push_bytes_max') ?? root.section('distributor').bytes('max_recv_msg_size') ?? Infinity;
  const config: ServerConfig = {
    host: flagBefore(server.text('http_listen_address'), 'host', 'server.http-listen-address') ?? defaultHost,
    port: portOf(flagBefore(server.text('http_listen_port'), 'port', 'server.http-listen-port') ?? String(defaultPort), givenAs('server.http_listen_port', 'port', 'server.http-listen-port')),
    pathPrefix: (flagBefore(server.text('http_path_prefix'), 'server.path-prefix') ?? '').replace(/\/+$/, ''),
    authEnabled: isTrue(flagBefore(String(root.boolean('auth_enabled') ?? file !== undefined), 'auth.enabled')),
    multiTenantQueries: querier.boolean('multi_tenant_queries_enabled') ?? false,
    dataDir: chooseDataDir(root, flagBefore(own.text('data'), 'data'), './data'),
    store,
    keepRepeats: own.boolean('keep_repeats') ?? false,
    memoryBytesMax,
    pushBytesMax: Math.min(pushBytesMax, memoryBytesMax * pushShareMax),
    readerThreads,
    logLevel: levelOf(flagBefore(server.text('log_level'), 'log.level') ?? 'info', givenAs('server.log_level', 'log.level')),
    logFormat: flagBefore(server.text('log_format'), 'log.format') === 'json' ? 'json' : 'logfmt',
    limits,
    overrides: inlineOverrides,
    runtimeConfigFiles: [...(root.section('runtime_config').texts('file') ?? []), ...(flag('runtime-config.file')?.split(',') ?? [])],
    retention: readRetention(root, own, limits, inlineOverrides),
    datasources: readDatasources(own, flag('prometheus')),
    exploreDir: flagBefore(own.text('explore_dir'), 'explore-dir'),
    warnings: yaml.warnings,
    ignored: [],
    content: withoutSecrets(yaml.content ?? {}),
  };
  config.ignored = explainIgnored(root.unused());
  return config;
}

function memoryOf(given: unknown, name: string, hasReaders: boolean): number {
  if (given === undefined) {
    return defaultMemoryBytes;
  }
  const bytes = sizeInBytes(given, () => new Error(`${name}: a size such as 256MB is expected, not ${String(given)}`));
  const bytesMin = hasReaders ? memoryBytesMin.withReaders : memoryBytesMin.withoutReaders;
  if (bytes < bytesMin) {
    throw new Error(`${name}: ${String(given)} is less than a server needs that has little to do; give ${bytesMin / 1024 / 1024}MB or more${hasReaders ? '' : ' on this store'} (256MB is the default)`);
  }
  return bytes;
}

/** The `overrides` of a runtime file: limits by tenant. */
export function loadOverrides(file: string, base: TenantLimits, env: ConfigSources['env']): Map<string, TenantLimits> {
  const { content } = readYamlFile(file, { expandEnv: false, env });
  return readOverrides(new Section(content ?? {}).section('overrides'), base);
}

function readOverrides(section: Section, base: TenantLimits): Map<string, TenantLimits> {
  const values = section.exists ? (Object.keys(section.values as object)) : [];
  return new Map(values.map((tenant) => [tenant, readLimits(section.section(tenant), base)]));
}

/** `--prometheus URL` is the source with that uid, as the page at `/explore` looks for it. */
function readDatasources(own: Section, prometheus: string | undefined): Map<string, string> {
  const sources = new Map(own.sections('datasources').map((source) => [source.text('uid') ?? '', httpAddress(source.text('url') ?? '', `${source.path}.url`)]));
  return prometheus === undefined ? sources : sources.set('prometheus', httpAddress(prometheus, '--prometheus'));
}

/** An address that may come without `http://`. Throws an Error that does not repeat it, since it may hold a password. */
function httpAddress(text: string, name: string): string {
  const address = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  if (!/^https?:/i.test(address) || !URL.canParse(address)) {
    throw new Error(`${name}: an address such as http://127.0.0.1:9090 is expected`);
  }
  return address;
}

function levelOf(text: string, name: string): string {
  if (!logLevels.includes(text)) {
    throw new Error(`${name}: debug, info, warn or error is expected, not ${text}`);
  }
  return text;
}

function portOf(text: string, name: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`${name}: a number from 0 to 65535 is expected, not ${text}`);
  }
  return port;
}

/** Retention of Loki (compactor and limits), of old Loki (table manager), and Binocle's by size and free space. */
function readRetention(root: Section, own: Section, limits: TenantLimits, overrides: Map<string, TenantLimits>): RetentionPolicy {
  const compactor = root.section('compactor');
  const tables = root.section('table_manager');
  const rules: RetentionPolicy['rules'] = [];
  const enabled = compactor.boolean('retention_enabled') ?? false;
  compactor.raw('delete_request_store');
  compactor.raw('working_directory');
  if (enabled) {
    for (const [tenant, tenantLimits] of [...overrides, ['*', limits] as const]) {
      tenantLimits.retentionStreams.forEach(({ matchers, ageNs }) => rules.push({ tenant, matchers, ageNs }));
      rules.push({ tenant, matchers: [], ageNs: tenantLimits.server.retentionNs });
    }
  }
  const oldDeletes = tables.boolean('retention_deletes_enabled') ?? false;
  const oldPeriodNs = tables.durationNs('retention_period') ?? 0n;
  if (!enabled && oldDeletes && oldPeriodNs > 0n) {
    rules.push({ tenant: '*', matchers: [], ageNs: oldPeriodNs });
  }
  return { rules, bytesMax: own.bytes('retention_bytes_max'), freeBytesMin: own.bytes('retention_free_bytes_min') };
}

/** What must not be shown: values of keys that name a secret, and passwords inside addresses. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutSecrets);
  }
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, /password|secret|token|credential|api_?key|access_key|account_key/i.test(key) && item ? '<secret>' : withoutSecrets(item)])
    );
  }
  return typeof value === 'string' ? value.replace(/(\w+:\/\/[^/\s:@]*:)[^@/\s]+@/g, '$1<secret>@') : value;
}
