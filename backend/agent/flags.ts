import { parseGoDuration } from '../../src/logql/units';
import { parseByteSize } from './byteSize';
import type { FlagValue } from './config/flagValues';
import { Plain, type YamlValue } from './config/yaml';

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
  /** What stands in the place of the file's values. */
  values: FlagValue[];
}

/** A flag was written wrongly: exit status 2, as Go's flag package has it. */
export class FlagError extends Error {
  constructor(message: string) {
    super(`${message}\nRun with -help to get list of available parameters`);
    this.name = 'FlagError';
  }
}

interface Flag {
  kind: 'bool' | 'text' | 'int' | 'float' | 'duration' | 'bytes' | 'labels';
  help: string;
  /** @param value as parsed; @param written as on the command line. */
  set(flags: AgentFlags, value: never, written: string): void;
}

const bool = (help: string, set: (flags: AgentFlags, value: boolean) => void): Flag => ({ kind: 'bool', help, set });
const text = (help: string, set: (flags: AgentFlags, value: string) => void): Flag => ({ kind: 'text', help, set });

/** A flag that stands for a key of the file. */
const key = (kind: Flag['kind'], path: string, help: string): Flag => ({
  kind, help,
  set: ({ values }, value: YamlValue | number | boolean, written) =>
    void values.push({ path: path.split('.'), value: typeof value === 'number' || typeof value === 'boolean' ? new Plain(value, written) : value }),
});

/** Flags that mean something to Promtail and nothing here; accepted so that command lines go on working. */
const withoutEffect = [
  'client.follow-redirects', 'client.stream-lag-labels', 'config.follow-symlinks', 'file-watch.max', 'file-watch.min', 'file-watch.min_poll_frequency', 'max-streams', 'server.external-url', 'server.graceful-shutdown-timeout',
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
  ['client.url', key('text', 'client.url', 'URL of the log server')],
  ['client.batch-wait', key('duration', 'client.batchwait', 'longest time before a batch is sent')],
  ['client.batch-size-bytes', key('int', 'client.batchsize', 'largest batch in bytes')],
  ['client.min-backoff', key('duration', 'client.backoff_config.min_period', 'first pause between tries')],
  ['client.max-backoff', key('duration', 'client.backoff_config.max_period', 'longest pause between tries')],
  ['client.max-retries', key('int', 'client.backoff_config.max_retries', 'tries before a batch is given up, 0 for never')],
  ['client.timeout', key('duration', 'client.timeout', 'longest time for an answer')],
  ['client.tenant-id', key('text', 'client.tenant_id', 'tenant')],
  ['client.external-labels', key('labels', 'client.external_labels', 'labels for every line, a=1,b=2')],
  ['client.drop-rate-limited-batches', key('bool', 'client.drop_rate_limited_batches', 'do not try again after 429')],
  ['server.http-listen-port', key('int', 'server.http_listen_port', 'port of the pages')],
  ['server.http-listen-address', key('text', 'server.http_listen_address', 'address of the pages')],
  ['server.disable', key('bool', 'server.disable', 'no pages')],
  ['server.enable-runtime-reload', key('bool', 'server.enable_runtime_reload', 'allow /reload and SIGHUP')],
  ['log.level', key('text', 'server.log_level', 'debug, info, warn or error')],
  ['log.format', key('text', 'server.log_format', 'logfmt or json')],
  ['positions.file', key('text', 'positions.filename', 'where positions are kept')],
  ['positions.sync-period', key('duration', 'positions.sync_period', 'how often positions are written')],
  ['positions.ignore-invalid-yaml', key('bool', 'positions.ignore_invalid_yaml', 'start although positions are broken')],
  ['target.sync-period', key('duration', 'target_config.sync_period', 'how often patterns are expanded')],
  ['file-watch.max_poll_frequency', key('duration', 'global.file_watch_config.max_poll_frequency', 'how often a file that changes is looked at')],
  ['limit.readline-rate-enabled', key('bool', 'limits_config.readline_rate_enabled', 'limit the rate of lines')],
  ['limit.readline-rate', key('float', 'limits_config.readline_rate', 'lines per second')],
  ['limit.readline-burst', key('int', 'limits_config.readline_burst', 'lines at once')],
  ['limit.readline-rate-drop', key('bool', 'limits_config.readline_rate_drop', 'drop lines over the limit instead of waiting')],
  ['max-line-size', key('bytes', 'limits_config.max_line_size', 'longest line, such as 256KB')],
  ['max-line-size-truncate', key('bool', 'limits_config.max_line_size_truncate', 'cut longer lines instead of dropping them')],
  ['queue.max-size', key('bytes', 'queue.max_size', 'size on disk while a server is away, 0 for none')],
  ...withoutEffect.map((name): [string, Flag] => [name, text('accepted, without effect', () => undefined)]),
  ...withoutEffectBool.map((name): [string, Flag] => [name, bool('accepted, without effect', () => undefined)]),
]);

/** Reads flags as Go's flag package does: one dash or two, `-name=value` or `-name value`, booleans alone. Throws a FlagError. */
export function parseAgentFlags(words: readonly string[]): AgentFlags {
  const flags: AgentFlags = {
    configFiles: [], expandEnv: false, dryRun: false, stdin: false, inspect: false, checkSyntax: false, printConfig: false, logConfig: false, version: false, help: false,
    values: [],
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
    flag.set(flags, parsed(flag, name, value) as never, value);
  }
  return flags;
}

/** One line for each flag. */
export function flagsHelp(): string {
  return [...flagsByName].map(([name, flag]) => `  -${name}${flag.kind === 'bool' ? '' : ` ${flag.kind === 'labels' ? 'text' : flag.kind}`}\n    \t${flag.help}\n`).join('');
}

/** The value, checked; text with a unit stays text, as in the file. */
function parsed(flag: Flag, name: string, value: string): YamlValue | number | boolean {
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
    case 'bytes':
      if (parseByteSize(value) === undefined) {
        throw wrong();
      }
      return value;
    case 'duration':
      if (!parseGoDuration(value).ok) {
        throw wrong();
      }
      return value;
    case 'labels':
      return labelList(value, name);
    default:
      return value;
  }
}

/** `a=1,b=2`; pairs may be in quotes, as a field of CSV, for a value with a comma. A single pair needs none. */
function labelList(value: string, flag: string): Map<YamlValue, YamlValue> {
  const pairs = value.split('=').length <= 2 ? [value.replace(/^"+|"+$/g, '')] : [...value.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].slice(0, -1).map(([, pair]) => pair);
  return new Map(
    pairs.map((written) => {
      const pair = /^".*"$/.test(written) ? written.slice(1, -1).replaceAll('""', '"') : written;
      const equals = pair.indexOf('=');
      if (equals < 0) {
        throw new FlagError(`invalid value "${value}" for flag -${flag}: ${pair} must be formatted as key=value`);
      }
      return [pair.slice(0, equals).trim(), pair.slice(equals + 1)];
    })
  );
}
