import { parseGoDuration } from '../../src/logql/units';
import { parseByteSize } from './byteSize';
import { type FlagDefaults, flagDefaults } from './config/flagDefaults';

/** What was asked for on the command line. */
export interface AgentFlags {
  configFiles: string[];
  expandEnv: boolean;
  dryRun: boolean;
  stdin: boolean;
  inspect: boolean;
  checkSyntax: boolean;
  printConfig: boolean;
  logConfig: boolean;
  version: boolean;
  help: boolean;
  defaults: FlagDefaults;
}

/** A flag was written wrongly: exit status 2, as Go's flag package has it. */
export class FlagError extends Error {
  constructor(message: string) {
    super(`${message}\nRun with -help to get list of available parameters`);
    this.name = 'FlagError';
  }
}

interface Flag {
  kind: 'bool' | 'text' | 'int' | 'float' | 'duration' | 'bytes';
  help: string;
  set(flags: AgentFlags, value: never): void;
}

const bool = (help: string, set: (flags: AgentFlags, value: boolean) => void): Flag => ({ kind: 'bool', help, set });
const text = (help: string, set: (flags: AgentFlags, value: string) => void): Flag => ({ kind: 'text', help, set });
const int = (help: string, set: (flags: AgentFlags, value: number) => void): Flag => ({ kind: 'int', help, set });
const float = (help: string, set: (flags: AgentFlags, value: number) => void): Flag => ({ kind: 'float', help, set });
const bytes = (help: string, set: (flags: AgentFlags, value: number) => void): Flag => ({ kind: 'bytes', help, set });
const duration = (help: string, set: (flags: AgentFlags, ms: number) => void): Flag => ({ kind: 'duration', help, set });

/** Flags that mean something to Promtail and nothing here; accepted so that command lines go on working. */
const withoutEffect = [
  'client.follow-redirects', 'client.stream-lag-labels', 'config.follow-symlinks', 'file-watch.max', 'file-watch.min', 'max-streams', 'server.external-url', 'server.graceful-shutdown-timeout',
  'server.grpc-conn-limit', 'server.grpc-listen-address', 'server.grpc-listen-network', 'server.grpc-listen-port', 'server.grpc-max-concurrent-streams',
  'server.grpc-max-recv-msg-size-bytes', 'server.grpc-max-send-msg-size-bytes', 'server.grpc-tls-ca-path', 'server.grpc-tls-cert-path', 'server.grpc-tls-client-auth',
  'server.grpc-tls-key-path', 'server.grpc.keepalive.max-connection-age', 'server.grpc.keepalive.max-connection-age-grace', 'server.grpc.keepalive.max-connection-idle',
  'server.grpc.keepalive.min-time-between-pings', 'server.grpc.keepalive.time', 'server.grpc.keepalive.timeout', 'server.grpc.num-workers', 'server.http-conn-limit',
  'server.http-idle-timeout', 'server.http-listen-network', 'server.http-read-header-timeout', 'server.http-read-timeout', 'server.http-tls-ca-path',
  'server.http-tls-cert-path', 'server.http-tls-client-auth', 'server.http-tls-key-path', 'server.http-write-timeout', 'server.log-request-headers-exclude-list',
  'server.log-source-ips-header', 'server.log-source-ips-regex', 'server.path-prefix', 'server.tls-cipher-suites', 'server.tls-min-version',
];

/** Such flags that are written without a value. */
const withoutEffectBool = [
  'log-config-reverse-order', 'opentracing.enabled', 'server.grpc.keepalive.ping-without-stream-allowed', 'server.grpc.recv-buffer-pools-enabled',
  'server.grpc.stats-tracking-enabled', 'server.http-log-closed-connections-without-response-enabled', 'server.log-request-at-info-level-enabled',
  'server.log-request-headers', 'server.log-source-ips-enabled', 'server.log-source-ips-full', 'server.profiling-enabled', 'server.profiling_enabled', 'server.proxy-protocol-enabled',
  'server.register-instrumentation', 'server.report-grpc-codes-in-instrumentation-label-enabled', 'tracing.enabled', 'tracing.profiling-enabled',
];

const flagsByName: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  ['config.file', text('yaml file to load', (flags, value) => flags.configFiles.push(...value.split(',')))],
  ['config.expand-env', bool('expand ${var} in the configuration by the environment', (flags, value) => (flags.expandEnv = value))],
  ['dry-run', bool('print entries instead of sending them', (flags, value) => (flags.dryRun = value))],
  ['stdin', bool('read standard input instead of the targets', (flags, value) => (flags.stdin = value))],
  ['inspect', bool('show what each stage of the pipeline does', (flags, value) => (flags.inspect = value))],
  ['check-syntax', bool('check the configuration and exit', (flags, value) => (flags.checkSyntax = value))],
  ['print-config-stderr', bool('print the configuration to stderr', (flags, value) => (flags.printConfig = value))],
  ['log-config', bool('log the configuration', (flags, value) => (flags.logConfig = value))],
  ['version', bool('print the version and exit', (flags, value) => (flags.version = value))],
  ['help', bool('print the flags and exit', (flags, value) => (flags.help = value))],
  ['h', bool('print the flags and exit', (flags, value) => (flags.help = value))],
  ['client.url', text('URL of the log server', ({ defaults }, value) => (defaults.client.url = value))],
  ['client.batch-wait', duration('longest time before a batch is sent', ({ defaults }, ms) => (defaults.client.batchWaitMs = ms))],
  ['client.batch-size-bytes', int('largest batch in bytes', ({ defaults }, value) => (defaults.client.batchBytes = value))],
  ['client.min-backoff', duration('first pause between tries', ({ defaults }, ms) => (defaults.client.minBackoffMs = ms))],
  ['client.max-backoff', duration('longest pause between tries', ({ defaults }, ms) => (defaults.client.maxBackoffMs = ms))],
  ['client.max-retries', int('tries before a batch is given up, 0 for never', ({ defaults }, value) => (defaults.client.retriesMax = value))],
  ['client.timeout', duration('longest time for an answer', ({ defaults }, ms) => (defaults.client.timeoutMs = ms))],
  ['client.tenant-id', text('tenant', ({ defaults }, value) => (defaults.client.tenant = value))],
  ['client.external-labels', text('labels for every line, a=1,b=2', ({ defaults }, value) => (defaults.client.externalLabels = labelList(value)))],
  ['client.drop-rate-limited-batches', bool('do not try again after 429', ({ defaults }, value) => (defaults.client.dropRateLimited = value))],
  ['server.http-listen-port', int('port of the pages', ({ defaults }, value) => (defaults.server.port = value))],
  ['server.http-listen-address', text('address of the pages', ({ defaults }, value) => (defaults.server.host = value))],
  ['server.disable', bool('no pages', ({ defaults }, value) => (defaults.server.disabled = value))],
  ['server.enable-runtime-reload', bool('allow /reload and SIGHUP', ({ defaults }, value) => (defaults.server.reload = value))],
  ['log.level', text('debug, info, warn or error', ({ defaults }, value) => (defaults.logLevel = value))],
  ['log.format', text('logfmt or json', ({ defaults }, value) => (defaults.logFormat = value))],
  ['positions.file', text('where positions are kept', ({ defaults }, value) => (defaults.positionsFile = value))],
  ['positions.sync-period', duration('how often positions are written', ({ defaults }, ms) => (defaults.positionsSyncMs = ms))],
  ['positions.ignore-invalid-yaml', bool('start although positions are broken', ({ defaults }, value) => (defaults.positionsIgnoreInvalid = value))],
  ['target.sync-period', duration('how often patterns are expanded', ({ defaults }, ms) => (defaults.targetSyncMs = ms))],
  ['limit.readline-rate-enabled', bool('limit the rate of lines', ({ defaults }, value) => (defaults.readRate.enabled = value))],
  ['limit.readline-rate', float('lines per second', ({ defaults }, value) => (defaults.readRate.linesPerSecond = value))],
  ['limit.readline-burst', int('lines at once', ({ defaults }, value) => (defaults.readRate.burst = value))],
  ['limit.readline-rate-drop', bool('drop lines over the limit instead of waiting', ({ defaults }, value) => (defaults.readRate.drop = value))],
  ['max-line-size', bytes('longest line, such as 256KB', ({ defaults }, value) => (defaults.limits.lineBytesMax = value))],
  ['max-line-size-truncate', bool('cut longer lines instead of dropping them', ({ defaults }, value) => (defaults.limits.truncate = value))],
  ['queue.max-size', bytes('size on disk while a server is away, 0 for none', ({ defaults }, value) => (defaults.queueBytesMax = value))],
  ...withoutEffect.map((name): [string, Flag] => [name, text('accepted, without effect', () => undefined)]),
  ...withoutEffectBool.map((name): [string, Flag] => [name, bool('accepted, without effect', () => undefined)]),
]);

/** Reads flags as Go's flag package does: one dash or two, `-name=value` or `-name value`, booleans alone. Throws a FlagError. */
export function parseAgentFlags(words: readonly string[]): AgentFlags {
  const flags: AgentFlags = {
    configFiles: [], expandEnv: false, dryRun: false, stdin: false, inspect: false, checkSyntax: false, printConfig: false, logConfig: false, version: false, help: false,
    defaults: structuredCloneOf(flagDefaults),
  };
  for (let i = 0; i < words.length; i++) {
    const match = /^--?([^-=][^=]*)(?:=([^]*))?$/.exec(words[i]);
    if (!match) {
      throw new FlagError(`unexpected argument ${words[i]}`);
    }
    const [, name, given] = match;
    const flag = flagsByName.get(name);
    if (!flag) {
      throw new FlagError(`flag provided but not defined: -${name}`);
    }
    const alone = flag.kind === 'bool';
    if (given === undefined && !alone && i + 1 >= words.length) {
      throw new FlagError(`flag needs an argument: -${name}`);
    }
    const value = given ?? (alone ? 'true' : words[++i]);
    flag.set(flags, parsed(flag, name, value) as never);
  }
  return flags;
}

/** One line for each flag. */
export function flagsHelp(): string {
  return [...flagsByName].map(([name, flag]) => `  -${name}${flag.kind === 'bool' ? '' : ` ${flag.kind}`}\n    \t${flag.help}\n`).join('');
}

function structuredCloneOf(defaults: FlagDefaults): FlagDefaults {
  const { client, server, limits, readRate, ...rest } = defaults;
  return { ...rest, client: { ...client }, server: { ...server }, limits: { ...limits }, readRate: { ...readRate } };
}

function parsed(flag: Flag, name: string, value: string): unknown {
  const wrong = () => new FlagError(`invalid value "${value}" for flag -${name}: parse error`);
  switch (flag.kind) {
    case 'bool':
      if (!/^(1|0|t|f|T|F|true|false|TRUE|FALSE|True|False)$/.test(value)) {
        throw new FlagError(`invalid boolean value "${value}" for -${name}: parse error`);
      }
      return /^[1tT]/.test(value);
    case 'int':
      if (!/^[+-]?\d+$/.test(value)) {
        throw wrong();
      }
      return Number(value);
    case 'float':
      if (value === '' || Number.isNaN(Number(value))) {
        throw wrong();
      }
      return Number(value);
    case 'bytes': {
      const size = parseByteSize(value);
      if (size === undefined) {
        throw wrong();
      }
      return size;
    }
    case 'duration': {
      const ns = parseGoDuration(value);
      if (!ns.ok) {
        throw wrong();
      }
      return ns.value / 1e6;
    }
    default:
      return value;
  }
}

function labelList(value: string): Map<string, string> {
  const labels = new Map<string, string>();
  for (const pair of value.split(',')) {
    const [name, ...rest] = pair.split('=');
    labels.set(name.trim(), rest.join('='));
  }
  return labels;
}
