import path from 'node:path';
import { type LogLevel, logLevels } from '../log';
import { readClient } from './readClient';
import type { ClientConfig, LineLimits, QueueConfig, TlsConfig } from './client';
import { type FlagDefaults, flagDefaults } from './flagDefaults';
import { readScrapeConfig, type ScrapeConfig } from './scrape';
import { type Ignored, Section } from './section';
import { serverKeysWithoutEffect } from './serverKeys';
import { ConfigError, parseYaml, repairSpaces } from './yaml';

export interface ServerConfig {
  host: string;
  /** 0 is any free port. */
  port: number;
  disabled: boolean;
  reload: boolean;
  readyCheck: boolean;
  tls: TlsConfig | undefined;
  /** Path in front of every page, '' for none. */
  prefix: string;
}

export interface AgentConfig {
  server: ServerConfig;
  logLevel: LogLevel;
  logFormat: 'logfmt' | 'json';
  clients: ClientConfig[];
  positions: { file: string; syncPeriodMs: number; ignoreInvalid: boolean };
  queue: QueueConfig | undefined;
  scrapes: ScrapeConfig[];
  limits: LineLimits;
  readRate: { linesPerSecond: number; burst: number; drop: boolean } | undefined;
  targetSyncMs: number;
  filePollMs: number;
  stdin: boolean;
  /** What was read past, for the report at the start. */
  ignored: Ignored[];
  warnings: string[];
}

/** Reads Promtail's configuration. Throws a ConfigError that names the key. */
export function readConfig(text: string, flags: FlagDefaults = flagDefaults): AgentConfig {
  const repaired = repairSpaces(text);
  const warnings = repaired === undefined ? [] : ['the configuration has no-break spaces (U+00A0) in its indentation, as after copying from a web page; they are read as spaces'];
  const ignored: Ignored[] = [];
  const root = new Section(parseYaml(repaired ?? text), '', ignored);
  const server = root.section('server');
  const positions = readPositions(root.section('positions'), flags);
  const config: AgentConfig = {
    server: readServer(server, flags),
    logLevel: logLevelOf(server.text('log_level', flags.logLevel)),
    logFormat: server.text('log_format', flags.logFormat) === 'json' ? 'json' : 'logfmt',
    clients: readClients(root, flags),
    positions,
    queue: readQueue(root.section('queue'), positions.file, flags),
    ...readLimits(root.section('limits_config'), flags),
    ...readTargets(root, flags),
    scrapes: readScrapes(root),
    ignored,
    warnings,
  };
  server.ignore(...serverKeysWithoutEffect);
  server.finish();
  for (const key of ['tracing', 'wal', 'options']) {
    root.ignore(key);
  }
  root.finish();
  return config;
}

function readServer(section: Section, flags: FlagDefaults): ServerConfig {
  const tls = section.section('http_tls_config');
  const certFile = tls.text('cert_file', undefined);
  tls.ignore('cert', 'key', 'client_ca', 'client_auth_type');
  const config = {
    host: section.text('http_listen_address', flags.server.host),
    port: section.int('http_listen_port', flags.server.port),
    disabled: section.bool('disable', flags.server.disabled),
    reload: section.bool('enable_runtime_reload', flags.server.reload),
    readyCheck: section.bool('health_check_target', true),
    tls: certFile ? { certFile, keyFile: tls.text('key_file', undefined), caFile: tls.text('client_ca_file', undefined), insecureSkipVerify: false } : undefined,
    prefix: section.text('http_path_prefix', '').replace(/\/$/, ''),
  };
  tls.finish();
  return config;
}

function logLevelOf(text: string): LogLevel {
  if (!logLevels.includes(text as LogLevel)) {
    throw new ConfigError(`server.log_level: unrecognized log level "${text}", one of ${logLevels.join(', ')} is expected`);
  }
  return text as LogLevel;
}

function readClients(root: Section, flags: FlagDefaults): ClientConfig[] {
  const sections = [...(root.has('client') ? [root.section('client')] : []), ...root.sections('clients')];
  // Labels of the single block (or of the flag) are under those of every client.
  const shared = root.has('client') && root.section('client').has('external_labels') ? root.section('client').textMap('external_labels') : flags.client.externalLabels;
  const clients = sections.map((section) => readClient(section, flags, shared));
  if (clients.length === 0 && flags.client.url !== undefined) {
    clients.push(readClient(new Section(new Map(), 'client', []), flags, shared));
  }
  const names = new Set<string>();
  for (const client of clients) {
    if (names.has(client.name)) {
      throw new ConfigError(`clients: duplicate client configs are not allowed, found duplicate for name: ${client.name}`);
    }
    names.add(client.name);
  }
  return clients;
}

function readPositions(section: Section, flags: FlagDefaults): AgentConfig['positions'] {
  const file = path.resolve(section.text('filename', flags.positionsFile));
  const positions = {
    file,
    syncPeriodMs: Math.max(10, section.durationMs('sync_period', flags.positionsSyncMs)),
    ignoreInvalid: section.bool('ignore_invalid_yaml', flags.positionsIgnoreInvalid),
  };
  section.finish();
  return positions;
}

/** Our own block: `queue: {directory, max_size}`. */
function readQueue(section: Section, positionsFile: string, flags: FlagDefaults): QueueConfig | undefined {
  const queue = { directory: section.text('directory', `${positionsFile}.queue`), bytesMax: section.bytes('max_size', flags.queueBytesMax) };
  section.finish();
  return queue.bytesMax > 0 ? queue : undefined;
}

function readLimits(section: Section, flags: FlagDefaults): Pick<AgentConfig, 'limits' | 'readRate'> {
  const limits = {
    lineBytesMax: section.bytes('max_line_size', flags.limits.lineBytesMax),
    truncate: section.bool('max_line_size_truncate', flags.limits.truncate),
  };
  const rate = {
    linesPerSecond: section.number('readline_rate', flags.readRate.linesPerSecond),
    burst: section.int('readline_burst', flags.readRate.burst),
    drop: section.bool('readline_rate_drop', flags.readRate.drop),
  };
  const enabled = section.bool('readline_rate_enabled', flags.readRate.enabled);
  section.ignore('max_streams');
  section.finish();
  return { limits, readRate: enabled ? rate : undefined };
}

function readTargets(root: Section, flags: FlagDefaults): Pick<AgentConfig, 'targetSyncMs' | 'filePollMs' | 'stdin'> {
  const target = root.section('target_config');
  const global = root.section('global');
  const watch = global.section('file_watch_config');
  const read = {
    targetSyncMs: Math.max(100, target.durationMs('sync_period', flags.targetSyncMs)),
    stdin: target.bool('stdin', false),
    filePollMs: Math.max(10, watch.durationMs('max_poll_frequency', filePollMsDefault)),
  };
  watch.durationMs('min_poll_frequency', filePollMsDefault);
  watch.finish();
  global.finish();
  target.finish();
  return read;
}

/** Promtail's `max_poll_frequency`: how often a file that changes is looked at. */
const filePollMsDefault = 250;

function readScrapes(root: Section): ScrapeConfig[] {
  const scrapes = root.sections('scrape_configs').map((section) => readScrapeConfig(section));
  const names = new Set<string>();
  for (const { jobName } of scrapes) {
    if (names.has(jobName)) {
      throw new ConfigError(`scrape_configs: found multiple scrape configs with job name "${jobName}"`);
    }
    names.add(jobName);
  }
  return scrapes;
}
