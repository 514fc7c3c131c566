/**
 * What a label's name says: whether two labels are likely to speak of the same thing. Only a prior; values decide.
 */

/** How close two names are, closest first. */
export type Kinship = 'same' | 'variant' | 'class' | 'related' | 'none';

/** Words by what they name. A label belongs to the first class that knows its plain form. */
const classes: ReadonlyArray<readonly [string, readonly string[]]> = [
  ['host', ['host', 'hostname', 'nodename', 'node', 'instance', 'server', 'machine', 'fqdn', 'target', 'computer', 'address', 'addr', 'ip', 'vm', 'host_ip', 'node_ip', 'internal_ip', 'syslog_host', 'syslog_hostname', 'host_fqdn', 'agent_host', 'agent_hostname', 'system', 'minion', 'ansible_host', 'hypervisor']],
  ['pod', ['pod']],
  ['container', ['container', 'name', 'compose_service', 'docker_compose_service', 'swarm_service', 'swarm_task']],
  ['containerId', ['container_id', 'id', 'cid', 'cgroup']],
  ['service', ['job', 'app', 'application', 'appname', 'service', 'component', 'program', 'process', 'daemon', 'workload', 'deployment', 'statefulset', 'daemonset', 'replicaset', 'owner', 'created_by', 'unit', 'systemd_unit', 'syslog_identifier', 'identifier', 'groupname', 'exe', 'comm', 'task', 'app_kubernetes_io', 'app_kubernetes_io_instance', 'app_kubernetes_io_component', 'k8s_app', 'microservice', 'module']],
  ['namespace', ['namespace', 'ns']],
  ['cluster', ['cluster']],
  ['environment', ['env', 'environment', 'stage', 'deployment_environment', 'tier']],
  ['region', ['region', 'cloud_region', 'aws_region']],
  ['zone', ['zone', 'az', 'availability_zone', 'cloud_availability_zone', 'topology_kubernetes_io_zone']],
  ['datacenter', ['dc', 'datacenter', 'data_center', 'site', 'location', 'rack']],
  ['team', ['team', 'squad', 'group']],
  ['tenant', ['tenant', 'org', 'org_id', 'tenant_id', 'customer']],
  ['database', ['datname', 'database', 'db', 'dbname', 'schema']],
  ['virtualHost', ['vhost', 'virtual_host', 'server_name', 'domain', 'http_host']],
  ['upstream', ['upstream', 'backend', 'proxy']],
  ['route', ['path', 'route', 'uri', 'url', 'endpoint', 'handler']],
  ['queue', ['queue', 'topic', 'channel', 'subject']],
  ['device', ['device', 'disk', 'interface', 'iface', 'nic']],
  ['image', ['image']],
  ['level', ['level', 'severity', 'detected_level', 'loglevel', 'priority']],
  ['status', ['status', 'code', 'status_code', 'http_status', 'response_code']],
  ['method', ['method', 'http_method', 'verb', 'request_method']],
];

const classOfWord = new Map(classes.flatMap(([name, words]) => words.map((word) => [word, name] as const)));

/** Classes whose members are often called alike without being the same kind of thing. */
const relatives = new Set(['service container', 'service pod', 'container pod', 'host virtualHost', 'datacenter region', 'datacenter zone', 'region zone', 'container containerId', 'service upstream', 'host upstream', 'cluster environment']);

/** Who renamed the label on its way: relabelling, service discovery, an exporter. */
const prefixes = /^(?:exported_|kubernetes_|k8s_|kube_|meta_|label_|container_label_com_|container_label_|com_|consul_|nomad_|docker_|source_|resource_|otel_|_+)+/;

/** `kubernetes_pod_name`, `PodName` and `exported_pod` all become `pod`. */
export function plainName(name: string): string {
  const snake = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase().replace(/[^a-z0-9]+/g, '_');
  const bare = snake.replace(prefixes, '') || snake;
  const stem = bare.length > 5 && bare.endsWith('_name') && bare !== 'server_name' ? bare.slice(0, -5) : bare;
  return stem || snake;
}

/** What kind of thing a label names, undefined when its name does not say. */
export function classOf(name: string): string | undefined {
  return classOfWord.get(plainName(name));
}

export function kinship(a: string, b: string): Kinship {
  if (a === b) {
    return 'same';
  }
  const plainA = plainName(a);
  const plainB = plainName(b);
  if (plainA === plainB) {
    return 'variant';
  }
  const classA = classOfWord.get(plainA);
  const classB = classOfWord.get(plainB);
  if (classA === undefined || classB === undefined) {
    return 'none';
  }
  if (classA === classB) {
    return 'class';
  }
  return relatives.has(`${classA} ${classB}`) || relatives.has(`${classB} ${classA}`) ? 'related' : 'none';
}

const identities = new Set(['host', 'pod', 'container', 'containerId', 'service', 'namespace', 'database', 'virtualHost']);

/** Whether a label names a thing (of which there may be one only) rather than a scope that holds everything. */
export function namesIdentity(name: string): boolean {
  return identities.has(classOf(name) ?? '');
}

/** Labels that describe a sample or an entry, never the thing it comes from. */
export function isStructural(name: string): boolean {
  return name.startsWith('__') || name === 'le' || name === 'quantile' || name === 'filename';
}

/** Words that say the same wherever they stand: that two labels share one is no sign. */
const commonWords = new Set(['default', 'none', 'null', 'nil', 'unknown', 'other', 'all', 'any', 'main', 'master', 'local', 'localhost', '127.0.0.1', '::1', '0.0.0.0', 'global', 'root', 'admin', 'user', 'prod', 'production', 'prd', 'staging', 'stage', 'stg', 'dev', 'development', 'test', 'testing', 'qa', 'live', 'stdout', 'stderr', 'debug', 'info', 'warn', 'warning', 'error', 'critical', 'fatal', 'trace', 'notice', 'emerg', 'alert', 'crit', 'err', 'get', 'post', 'put', 'delete', 'head', 'options', 'patch', 'ok', 'success', 'failure', 'failed', 'active', 'inactive', 'up', 'down', 'on', 'off', 'yes', 'no', 'true', 'false', 'enabled', 'disabled', 'primary', 'secondary', 'replica', 'leader', 'follower', 'read', 'write', 'in', 'out', 'tcp', 'udp', 'http', 'https', 'linux', 'windows', 'amd64', 'arm64', 'server', 'client', 'blue', 'green', 'internal', 'external', 'public', 'private', 'system', 'idle', 'latest']);

/**
 * How telling it is that a value stands on both sides: 0 for numbers, truth values and everyday words, 1 for an address or a long name.
 * Numbers are 0 whatever their length: they count something, or number it.
 */
export function telling(value: string): number {
  if (isPlainNumber(value) || commonWords.has(value.toLowerCase()) || value === '') {
    return 0;
  }
  const mixed = /[0-9]/.test(value) && /[a-z]/i.test(value) ? 0.2 : 0;
  if (value.length <= 2) {
    return 0.15 + mixed;
  }
  const joined = /[-._/:]/.test(value) ? 0.15 : 0;
  const long = value.length >= 12 ? 0.3 : value.length >= 6 ? 0.15 : 0;
  const address = /^\d+\.\d+\.\d+\.\d+$/.test(value) ? 0.5 : 0;
  return Math.min(1, 0.5 + mixed + joined + long + address);
}

/** A number or a version: `1`, `0.5`, `v2`, `1.2.3`. */
export function isPlainNumber(value: string): boolean {
  return /^[-+]?v?\d+(?:\.\d+){0,2}(?:e[-+]?\d+)?$/i.test(value);
}
