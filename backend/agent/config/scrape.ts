import iconv from 'iconv-lite';
import { isLabelName } from '../labelSet';
import { readRelabelRule, type RelabelRule } from '../relabel';
import type { TlsConfig } from './client';
import { httpKeysWithoutEffect, readTls } from './readClient';
import type { Section } from './section';
import { serverKeysWithoutEffect } from './serverKeys';
import { ConfigError, kindOf, type YamlValue } from './yaml';

/** Targets with the labels they share: what discovery brings. */
export interface TargetGroup {
  targets: ReadonlyArray<ReadonlyMap<string, string>>;
  labels: ReadonlyMap<string, string>;
  /** Where it comes from, e.g. `static/0`. */
  source: string;
}

export const compressions = ['gz', 'z', 'bz2', 'zst'] as const;
export type Compression = (typeof compressions)[number];

export interface JournalConfig {
  maxAgeMs: number;
  json: boolean;
  labels: ReadonlyMap<string, string>;
  path: string;
  matches: string;
}

export interface SyslogConfig {
  listenAddress: string;
  protocol: 'tcp' | 'udp';
  format: 'rfc5424' | 'rfc3164';
  idleTimeoutMs: number;
  labelStructuredData: boolean;
  labels: ReadonlyMap<string, string>;
  useIncomingTimestamp: boolean;
  useWholeMessage: boolean;
  messageBytesMax: number;
  tls: TlsConfig | undefined;
}

export interface PushConfig {
  host: string;
  port: number;
  labels: ReadonlyMap<string, string>;
  keepTimestamp: boolean;
}

export interface DockerDiscoveryConfig {
  host: string;
  refreshMs: number;
  filters: Array<{ name: string; values: string[] }>;
  port: number;
  hostNetworkingHost: string;
}

export interface KubernetesDiscoveryConfig {
  role: string;
  apiServer: string | undefined;
  kubeconfigFile: string | undefined;
  namespaces: string[];
  ownNamespace: boolean;
  selectors: Array<{ role: string; label: string; field: string }>;
  bearerToken: string | undefined;
  bearerTokenFile: string | undefined;
  tls: TlsConfig | undefined;
}

export interface ScrapeConfig {
  jobName: string;
  /** The list as written; stages/index.ts builds it. */
  stages: YamlValue[];
  relabelRules: RelabelRule[];
  static: TargetGroup[];
  fileSd: Array<{ patterns: string[]; refreshMs: number }>;
  docker: DockerDiscoveryConfig[];
  kubernetes: KubernetesDiscoveryConfig[];
  journal: JournalConfig | undefined;
  syslog: SyslogConfig | undefined;
  push: PushConfig | undefined;
  /** As written; an unknown name fails each file when it is opened, as in Promtail. */
  encoding: string | undefined;
  compression: { format: Compression; delayMs: number } | undefined;
}

/** Kinds of targets and discovery that Promtail has and this agent has not: they would silently collect nothing. */
const refused = [
  'windows_events', 'gcplog', 'gelf', 'cloudflare', 'heroku_drain', 'kafka', 'azure_event_hubs', 'dns_sd_configs', 'consul_sd_configs', 'consulagent_sd_configs',
  'digitalocean_sd_configs', 'dockerswarm_sd_configs', 'serverset_sd_configs', 'nerve_sd_configs', 'marathon_sd_configs', 'gce_sd_configs', 'ec2_sd_configs',
  'openstack_sd_configs', 'azure_sd_configs', 'triton_sd_configs',
];

/** Reads one entry of `scrape_configs`. Throws a ConfigError. */
export function readScrapeConfig(section: Section): ScrapeConfig {
  for (const key of refused) {
    if (section.has(key)) {
      throw new ConfigError(`${section.at(key)}: not supported by this agent (static_configs, file_sd_configs, docker_sd_configs, kubernetes_sd_configs, journal, syslog and loki_push_api are)`);
    }
  }
  const stages = section.raw('pipeline_stages') ?? [];
  if (!Array.isArray(stages)) {
    throw new ConfigError(`${section.at('pipeline_stages')}: cannot unmarshal ${kindOf(stages)}, a list of stages is expected`);
  }
  const config: ScrapeConfig = {
    jobName: section.text('job_name', ''),
    stages,
    relabelRules: section.sections('relabel_configs').map(readRelabelRule),
    static: section.sections('static_configs').map((group, i) => readGroup(group, `static/${i}`)),
    fileSd: section.sections('file_sd_configs').map(readFileSd),
    docker: section.sections('docker_sd_configs').map(readDocker),
    kubernetes: section.sections('kubernetes_sd_configs').map(readKubernetes),
    journal: section.has('journal') ? readJournal(section.section('journal')) : undefined,
    syslog: section.has('syslog') ? readSyslog(section.section('syslog')) : undefined,
    push: section.has('loki_push_api') ? readPush(section.section('loki_push_api')) : undefined,
    encoding: section.text('encoding', undefined),
    compression: readCompression(section.section('decompression')),
  };
  section.gone('entry_parser', 'stages do its work, such as pipeline_stages: [docker: {}]');
  section.finish();
  return config;
}

export function readGroup(section: Section, source: string): TargetGroup {
  const labels = section.textMap('labels');
  for (const name of labels.keys()) {
    if (!isLabelName(name)) {
      throw new ConfigError(`${section.at('labels')}: "${name}" is not a valid label name`);
    }
  }
  const addresses = section.texts('targets');
  section.finish();
  return { labels, source, targets: (addresses.length === 0 ? ['localhost'] : addresses).map((address) => new Map([['__address__', address]])) };
}

function readFileSd(section: Section): { patterns: string[]; refreshMs: number } {
  const config = { patterns: section.texts('files'), refreshMs: section.durationMs('refresh_interval', 300_000) };
  section.finish();
  if (config.patterns.length === 0) {
    throw new ConfigError(`${section.path}: file service discovery config must contain at least one path name`);
  }
  const bad = config.patterns.find((pattern) => !/^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$/.test(pattern));
  if (bad !== undefined) {
    throw new ConfigError(`${section.at('files')}: path name "${bad}" is not valid for file discovery`);
  }
  return config;
}

function readDocker(section: Section): DockerDiscoveryConfig {
  const config = {
    host: section.text('host', ''),
    refreshMs: section.durationMs('refresh_interval', 60_000),
    filters: section.sections('filters').map(readFilter),
    port: section.int('port', 80),
    hostNetworkingHost: section.text('host_networking_host', 'localhost'),
  };
  section.ignore('match_first_network', 'basic_auth', 'authorization', 'oauth2', 'bearer_token', 'bearer_token_file', 'tls_config', 'proxy_url', ...httpKeysWithoutEffect);
  section.finish();
  if (config.host === '') {
    throw new ConfigError(`${section.path}: host missing`);
  }
  return config;
}

function readFilter(section: Section): DockerDiscoveryConfig['filters'][number] {
  const filter = { name: section.text('name', ''), values: section.texts('values') };
  section.finish();
  return filter;
}

function readKubernetes(section: Section): KubernetesDiscoveryConfig {
  const namespaces = section.section('namespaces');
  const config = {
    role: section.text('role', ''),
    apiServer: section.text('api_server', undefined),
    kubeconfigFile: section.text('kubeconfig_file', undefined),
    namespaces: namespaces.texts('names'),
    ownNamespace: namespaces.bool('own_namespace', false),
    selectors: section.sections('selectors').map(readSelector),
    bearerToken: section.text('bearer_token', undefined),
    bearerTokenFile: section.text('bearer_token_file', undefined),
    tls: section.has('tls_config') ? readTls(section.section('tls_config')) : undefined,
  };
  section.ignore('basic_auth', 'authorization', 'oauth2', 'attach_metadata', 'proxy_url', ...httpKeysWithoutEffect);
  namespaces.finish();
  section.finish();
  if (config.role !== 'pod') {
    throw new ConfigError(`${section.at('role')}: "${config.role}" is not supported, logs belong to pods: use role pod`);
  }
  return config;
}

function readSelector(section: Section): KubernetesDiscoveryConfig['selectors'][number] {
  const selector = { role: section.text('role', ''), label: section.text('label', ''), field: section.text('field', '') };
  section.finish();
  return selector;
}

function readJournal(section: Section): JournalConfig {
  const config = {
    maxAgeMs: section.durationMs('max_age', 7 * 3_600_000),
    json: section.bool('json', false),
    labels: section.textMap('labels'),
    path: section.text('path', ''),
    matches: section.text('matches', ''),
  };
  section.finish();
  return config;
}

function readSyslog(section: Section): SyslogConfig {
  const config: SyslogConfig = {
    listenAddress: section.text('listen_address', ''),
    protocol: section.text('listen_protocol', 'tcp') as 'tcp',
    format: section.text('syslog_format', 'rfc5424') as 'rfc5424',
    idleTimeoutMs: section.durationMs('idle_timeout', 120_000),
    labelStructuredData: section.bool('label_structured_data', false),
    labels: section.textMap('labels'),
    useIncomingTimestamp: section.bool('use_incoming_timestamp', false),
    useWholeMessage: section.bool('use_rfc5424_message', false),
    messageBytesMax: section.int('max_message_length', 8_192),
    tls: section.has('tls_config') ? readTls(section.section('tls_config')) : undefined,
  };
  section.finish();
  if (!['tcp', 'udp'].includes(config.protocol)) {
    throw new ConfigError(`${section.at('listen_protocol')}: "${config.protocol}" is neither tcp nor udp`);
  }
  if (!['rfc5424', 'rfc3164'].includes(config.format)) {
    throw new ConfigError(`${section.at('syslog_format')}: "${config.format}" is neither rfc5424 nor rfc3164`);
  }
  if (config.listenAddress === '') {
    throw new ConfigError(`${section.path}: listen_address is required`);
  }
  return config;
}

function readPush(section: Section): PushConfig {
  const server = section.section('server');
  const config = {
    host: server.text('http_listen_address', ''),
    port: server.int('http_listen_port', 80),
    labels: section.textMap('labels'),
    keepTimestamp: section.bool('use_incoming_timestamp', false),
  };
  server.ignore('http_path_prefix', 'http_tls_config', 'log_format', 'log_level', ...serverKeysWithoutEffect);
  server.finish();
  section.finish();
  return config;
}

function readCompression(section: Section): ScrapeConfig['compression'] {
  const enabled = section.bool('enabled', false);
  const format = section.text('format', '') as Compression;
  const delayMs = section.durationMs('initial_delay', 0);
  section.finish();
  if (!enabled) {
    return undefined;
  }
  if (!compressions.includes(format)) {
    throw new ConfigError(`${section.at('format')}: "${format}" is not supported, one of ${compressions.join(', ')} is expected`);
  }
  return { format, delayMs };
}

/** True when files in this encoding can be read. */
export function knownEncoding(name: string): boolean {
  return iconv.encodingExists(name);
}
