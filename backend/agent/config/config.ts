import path from 'node:path';
import { type LogLevel, logLevels } from '../log';
import { readClient } from './readClient';
import type { ClientConfig, LineLimits, QueueConfig, TlsConfig } from './client';
import { defaults } from './defaults';
import { type FlagValue, layOver } from './flagValues';
import { readScrapeConfig, type ScrapeConfig } from './scrape';
import { type Ignored, Section } from './section';
import { serverKeysWithoutEffect } from './serverKeys';
import { ConfigError, parseYaml, repairSpaces } from './yaml';

export interface ServerConfig {
  /** '' for every address. */
  host: string;
  isHostWritten: boolean;
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

/** Reads Promtail's configuration; flags go before the file. Throws a ConfigError that names the key. */
export function readConfig(text: string, flags: readonly FlagValue[] = []): AgentConfig {
  const repaired = repairSpaces(text);
  const warnings = repaired === undefined ? [] : ['the configuration has no-break spaces (U+00A0) in its indentation, as after copying from a web page; they are read as spaces'];
  const ignored: Ignored[] = [];
  const root = new Section(layOver(parseYaml(repaired ?? text), flags), '', ignored);
  const server = root.section('server');
  const positions = readPositions(root.section('positions'));
  const config: AgentConfig = {
    server: readServer(server),
    logLevel: logLevelOf(server.text('log_level', defaults.logLevel)),
    logFormat: server.text('log_format', defaults.logFormat) === 'json' ? 'json' : 'logfmt',
    clients: readClients(root),
    positions,
    queue: readQueue(root.section('queue'), positions.file),
    ...readLimits(root.section('limits_config')),
    ...readTargets(root),
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

function readServer(section: Section): ServerConfig {
  const tls = section.section('http_tls_config');
  const certFile = tls.text('cert_file', undefined);
  tls.ignore('cert', 'key', 'client_ca', 'client_auth_type');
  const config = {
    host: section.text('http_listen_address', defaults.server.host),
    isHostWritten: section.has('http_listen_address'),
    port: section.int('http_listen_port', defaults.server.port),
    disabled: section.bool('disable', false),
    reload: section.bool('enable_runtime_reload', false),
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

function readClients(root: Section): ClientConfig[] {
  // Labels of the single block are under those of every client, also where it is no client itself, for want of an address.
  const single = root.section('client');
  const shared = single.textMap('external_labels');
  const sections = [...(single.has('url') && single.text('url', '') !== '' ? [single] : []), ...root.sections('clients')];
  const clients = sections.map((section) => readClient(section, shared));
  const names = new Set<string>();
  for (const client of clients) {
    if (names.has(client.name)) {
      throw new ConfigError(`clients: duplicate client configs are not allowed, found duplicate for name: ${client.name}`);
    }
    names.add(client.name);
  }
  return clients;
}

function readPositions(section: Section): AgentConfig['positions'] {
  const file = path.resolve(section.text('filename', defaults.positionsFile));
  const positions = {
    file,
    syncPeriodMs: Math.max(10, section.durationMs('sync_period', defaults.positionsSyncMs)),
    ignoreInvalid: section.bool('ignore_invalid_yaml', false),
  };
  section.finish();
  return positions;
}

/** Our own block: `queue: {directory, max_size}`. */
function readQueue(section: Section, positionsFile: string): QueueConfig | undefined {
  const queue = { directory: section.text('directory', `${positionsFile}.queue`), bytesMax: section.bytes('max_size', defaults.queueBytesMax) };
  section.finish();
  return queue.bytesMax > 0 ? queue : undefined;
}

function readLimits(section: Section): Pick<AgentConfig, 'limits' | 'readRate'> {
  const limits = {
    lineBytesMax: section.bytes('max_line_size', 0),
    truncate: section.bool('max_line_size_truncate', false),
  };
  const rate = {
    linesPerSecond: section.number('readline_rate', defaults.readRate.linesPerSecond),
    burst: section.int('readline_burst', defaults.readRate.burst),
    drop: section.bool('readline_rate_drop', defaults.readRate.drop),
  };
  const enabled = section.bool('readline_rate_enabled', false);
  section.ignore('max_streams');
  section.finish();
  return { limits, readRate: enabled ? rate : undefined };
}

function readTargets(root: Section): Pick<AgentConfig, 'targetSyncMs' | 'filePollMs' | 'stdin'> {
  const target = root.section('target_config');
  const global = root.section('global');
  const watch = global.section('file_watch_config');
  const read = {
    targetSyncMs: Math.max(100, target.durationMs('sync_period', defaults.targetSyncMs)),
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
