/**
 * Label sets as exporters, service discoveries and log shippers really write them, with the map a person would draw. `expect` are the
 * pairs that must be proposed (with the rule, where only one is right), `may` those nobody would mind; everything else is wrong.
 */
export interface Case {
  name: string;
  logs: Array<Record<string, string>>;
  metrics: Array<Record<string, string>>;
  /** `log=metric` or `log=metric:rule`. */
  expect: string[];
  may?: string[];
}

type Sets = Array<Record<string, string>>;

const each = <T>(items: readonly T[], set: (item: T, i: number) => object | object[]): Sets => items.flatMap((item, i) => set(item, i)) as Sets;
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

const nodeExporter = (instance: string, extra: Record<string, string> = {}): Sets => [
  { __name__: 'node_load1', job: 'node', instance, ...extra },
  { __name__: 'node_memory_MemAvailable_bytes', job: 'node', instance, ...extra },
  ...['0', '1'].flatMap((cpu) => ['idle', 'user', 'system'].map((mode) => ({ __name__: 'node_cpu_seconds_total', job: 'node', instance, cpu, mode, ...extra }))),
  { __name__: 'node_filesystem_avail_bytes', job: 'node', instance, device: '/dev/sda1', fstype: 'ext4', mountpoint: '/', ...extra },
  { __name__: 'node_network_receive_bytes_total', job: 'node', instance, device: 'eth0', ...extra },
];
const prometheusItself: Sets = [
  { __name__: 'prometheus_tsdb_head_series', job: 'prometheus', instance: 'localhost:9090' },
  { __name__: 'up', job: 'prometheus', instance: 'localhost:9090' },
  { __name__: 'prometheus_http_requests_total', job: 'prometheus', instance: 'localhost:9090', handler: '/api/v1/query', code: '200' },
];
const hosts = ['web1', 'web2', 'db1', 'cache1'];
const nginxLogs = (host: string): Sets => [
  { job: 'nginxlogs', hostname: host, filename: '/var/log/nginx/access.log' },
  { job: 'nginxlogs', hostname: host, filename: '/var/log/nginx/error.log' },
];

const pods = ['checkout-7d9f8c6b54-x2v4k', 'checkout-7d9f8c6b54-9zq8w', 'payments-6c5b9d7f8d-hj2lm', 'frontend-59f7c8d9b4-tt6rk', 'postgres-0'];
const namespaceOf = (pod: string) => (pod.startsWith('postgres') ? 'data' : pod.startsWith('frontend') ? 'web' : 'shop');
const appOf = (pod: string) => pod.split('-')[0];
const nodeOf = (i: number) => `ip-10-0-${i % 3}-1${i % 3}.eu-west-1.compute.internal`;
const podLogs: Sets = each(pods, (pod, i) => ({
  namespace: namespaceOf(pod), pod, container: appOf(pod), node_name: nodeOf(i), job: `${namespaceOf(pod)}/${appOf(pod)}`, stream: 'stderr',
}));
const cadvisorPods: Sets = each(pods, (pod, i) => [
  { __name__: 'container_memory_rss', job: 'kubelet', namespace: namespaceOf(pod), pod, container: appOf(pod), node: nodeOf(i), image: `registry.example.com/${appOf(pod)}:1.4.2`, id: `/kubepods/burstable/pod${i}a-4f/${'0123456789abcdef'.repeat(4).slice(i, i + 64)}` },
  { __name__: 'container_cpu_usage_seconds_total', job: 'kubelet', namespace: namespaceOf(pod), pod, container: appOf(pod), node: nodeOf(i), cpu: 'total' },
  { __name__: 'container_network_receive_bytes_total', job: 'kubelet', namespace: namespaceOf(pod), pod, interface: 'eth0', node: nodeOf(i) },
]);
const kubeState: Sets = each(pods, (pod, i) => [
  { __name__: 'kube_pod_info', job: 'kube-state-metrics', instance: '10.1.0.7:8080', namespace: namespaceOf(pod), pod, node: nodeOf(i), created_by_kind: 'ReplicaSet' },
  { __name__: 'kube_pod_status_phase', job: 'kube-state-metrics', instance: '10.1.0.7:8080', namespace: namespaceOf(pod), pod, phase: 'Running' },
]);

const hex = (seed: number): string => range(64).map((i) => ((seed * 7919 + i * i * 31 + i * 7) % 16).toString(16)).join('');

export const cases: Case[] = [
  {
    name: 'the article: one machine, one log job',
    logs: [{ job: 'varlogs', filename: '/var/log/syslog' }, ...nginxLogs('b2d')],
    metrics: [...nodeExporter('b2d:9100'), ...prometheusItself],
    expect: ['hostname=instance:without-port'],
  },
  { name: 'one machine, nothing but node exporter', logs: nginxLogs('web1'), metrics: nodeExporter('web1:9100'), expect: ['hostname=instance:without-port'] },
  { name: 'the smallest input', logs: [{ job: 'nginxlogs', hostname: 'web1' }], metrics: [{ __name__: 'node_load1', instance: 'web1:9100' }], expect: ['hostname=instance:without-port'] },
  { name: 'four machines', logs: each(hosts, nginxLogs), metrics: [...each(hosts, (host) => nodeExporter(`${host}:9100`)), ...prometheusItself], expect: ['hostname=instance:without-port'] },
  {
    name: 'several exporters and ports on each host',
    logs: each(hosts, nginxLogs),
    metrics: each(hosts, (host) => [...nodeExporter(`${host}:9100`), { __name__: 'nginx_connections_active', job: 'nginx', instance: `${host}:9113` }, { __name__: 'redis_up', job: 'redis', instance: `${host}:9121` }]),
    expect: ['hostname=instance:without-port'],
  },
  { name: 'instance already without port', logs: each(hosts, (host) => ({ host })), metrics: each(hosts, (host) => nodeExporter(host)), expect: ['host=instance:equal'] },
  { name: 'full names on both sides', logs: each(hosts, (host) => ({ host: `${host}.example.com` })), metrics: each(hosts, (host) => nodeExporter(`${host}.example.com:9100`)), expect: ['host=instance:without-port'] },
  { name: 'short names in logs, full names in metrics', logs: each(hosts, (host) => ({ hostname: host })), metrics: each(hosts, (host) => nodeExporter(`${host}.example.com:9100`)), expect: ['hostname=instance:short-host'] },
  { name: 'full names in logs, short names in metrics', logs: each(hosts, (host) => ({ hostname: `${host}.example.com` })), metrics: each(hosts, (host) => nodeExporter(`${host}:9100`)), expect: ['hostname=instance:short-host'] },
  { name: 'same short names in other domains', logs: each(['web1', 'web2', 'web3'], (host) => ({ host: `${host}.staging.example.com` })), metrics: each(['web1', 'web2', 'web3'], (host) => nodeExporter(`${host}.live.example.com:9100`)), expect: [] },
  {
    name: 'short names that stand for two machines',
    logs: each(['node1', 'node2', 'node3'], (host) => ({ host, app: 'ingest' })),
    metrics: each(['node1', 'node2', 'node3'], (host) => ['eu', 'us', 'ap'].flatMap((zone) => nodeExporter(`${host}.${zone}.example.com:9100`))),
    expect: [],
  },
  { name: 'addresses', logs: each(range(5), (i) => ({ host: `10.0.0.${i + 10}` })), metrics: each(range(8), (i) => nodeExporter(`10.0.0.${i + 10}:9100`)), expect: ['host=instance:without-port'] },
  { name: 'addresses that share the first number only', logs: each(range(5), (i) => ({ host: `10.0.0.${i + 10}` })), metrics: each(range(5), (i) => nodeExporter(`10.20.7.${i + 50}:9100`)), expect: [] },
  { name: 'IPv6', logs: each(range(3), (i) => ({ host: `2001:db8::${i + 1}` })), metrics: each(range(3), (i) => nodeExporter(`[2001:db8::${i + 1}]:9100`)), expect: ['host=instance:without-port'] },
  { name: 'names in logs, addresses in metrics', logs: each(hosts, (host) => ({ hostname: host, job: 'syslog' })), metrics: each(hosts, (_, i) => nodeExporter(`192.168.1.${i + 2}:9100`)), expect: [] },
  {
    name: 'names in logs, addresses in metrics, and node_uname_info to join them',
    logs: each(hosts, (host) => ({ hostname: host, job: 'syslog' })),
    metrics: each(hosts, (host, i) => [...nodeExporter(`192.168.1.${i + 2}:9100`), { __name__: 'node_uname_info', job: 'node', instance: `192.168.1.${i + 2}:9100`, nodename: host, sysname: 'Linux', machine: 'x86_64' }]),
    expect: ['hostname=nodename:equal'],
  },
  {
    name: 'EC2: node names made of addresses',
    logs: each(range(4), (i) => ({ node_name: `ip-10-0-1-${i + 20}.eu-west-1.compute.internal` })),
    metrics: each(range(4), (i) => nodeExporter(`10.0.1.${i + 20}:9100`)),
    expect: ['node_name=instance:regex'],
  },
  { name: 'Windows: upper case in the event log', logs: each(['WIN-APP01', 'WIN-APP02', 'SQL01'], (computer) => ({ computer, channel: 'System', source: 'Service Control Manager' })), metrics: each(['win-app01', 'win-app02', 'sql01'], (host) => [{ __name__: 'windows_cpu_time_total', job: 'windows', instance: `${host}:9182`, core: '0,0', mode: 'idle' }, { __name__: 'windows_service_state', job: 'windows', instance: `${host}:9182`, name: 'spooler', state: 'running' }]), expect: ['computer=instance:without-port'] },
  { name: 'Kubernetes: pod logs and cAdvisor', logs: podLogs, metrics: cadvisorPods, expect: ['namespace=namespace:equal', 'pod=pod:equal', 'container=container:equal', 'node_name=node:equal'], may: ['job=container:regex'] },
  { name: 'Kubernetes: pod logs and kube-state-metrics', logs: podLogs, metrics: kubeState, expect: ['namespace=namespace:equal', 'pod=pod:equal', 'node_name=node:equal'] },
  {
    name: 'Kubernetes: labels renamed by the shipper',
    logs: each(pods, (pod) => ({ kubernetes_namespace_name: namespaceOf(pod), kubernetes_pod_name: pod, kubernetes_container_name: appOf(pod) })),
    metrics: cadvisorPods,
    expect: ['kubernetes_namespace_name=namespace:equal', 'kubernetes_pod_name=pod:equal', 'kubernetes_container_name=container:equal'],
  },
  {
    name: 'OpenTelemetry resource attributes',
    logs: each(pods, (pod, i) => ({ service_name: appOf(pod), k8s_namespace_name: namespaceOf(pod), k8s_pod_name: pod, k8s_node_name: nodeOf(i) })),
    metrics: [...kubeState, ...each(pods, (pod) => ({ __name__: 'http_server_duration_seconds_count', job: appOf(pod), service_name: appOf(pod) }))],
    expect: ['service_name=service_name:equal', 'k8s_namespace_name=namespace:equal', 'k8s_pod_name=pod:equal', 'k8s_node_name=node:equal'],
    may: ['service_name=job'],
  },
  {
    name: 'pods in logs, deployments in metrics',
    logs: each(['web-5d9f8b7c6d-x2x4z', 'web-5d9f8b7c6d-kk7wq', 'api-7f6d5c4b9-p9q8r', 'worker-6b8c9d5f7-zz2vb'], (pod) => ({ pod })),
    metrics: each(['web', 'api', 'worker', 'cron'], (deployment) => ({ __name__: 'kube_deployment_status_replicas', deployment, instance: '10.1.0.7:8080', job: 'kube-state-metrics' })),
    expect: ['pod=deployment:regex'],
  },
  {
    name: 'relabelled by an exporter: exported_namespace and exported_pod',
    logs: podLogs.map(({ namespace, pod }) => ({ namespace, pod })),
    metrics: kubeState.map(({ namespace, pod, ...rest }) => ({ ...rest, namespace: 'monitoring', pod: 'kube-state-metrics-0', exported_namespace: namespace, exported_pod: pod })),
    expect: ['namespace=exported_namespace:equal', 'pod=exported_pod:equal'],
  },
  { name: 'namespace default alone', logs: [{ namespace: 'default', app: 'shop' }], metrics: each(['default', 'kube-system', 'monitoring'], (namespace) => ({ __name__: 'kube_namespace_created', namespace, instance: '10.1.0.7:8080', job: 'ksm' })), expect: ['namespace=namespace:equal'] },
  { name: 'default under other names', logs: each(['default', 'acme', 'initech'], (tenant) => ({ tenant, app: 'billing' })), metrics: each(['default', 'kube-system', 'monitoring'], (namespace) => ({ __name__: 'kube_namespace_created', namespace })), expect: [] },
  {
    name: 'Docker: names with a slash',
    logs: each(['nginx', 'app', 'redis', 'worker'], (name) => ({ container_name: `/${name}`, host: 'dock1', source: 'stdout' })),
    metrics: [...each(['nginx', 'app', 'redis', 'worker', 'cadvisor'], (name) => ({ __name__: 'container_memory_rss', name, id: `/docker/${hex(name.length)}`, image: `${name}:latest`, instance: 'dock1:8080', job: 'cadvisor' })), ...nodeExporter('dock1:9100')],
    expect: ['container_name=name:regex', 'host=instance:without-port'],
  },
  {
    name: 'Docker: container ids',
    logs: each(range(4), (i) => ({ container_id: hex(i + 3), container_name: `svc${i}_a` })),
    metrics: each(range(4), (i) => ({ __name__: 'container_cpu_usage_seconds_total', id: `/docker/${hex(i + 3)}`, name: `svc${i}_a` })),
    expect: ['container_id=id:regex', 'container_name=name:equal'],
  },
  {
    name: 'Docker Compose services',
    logs: each(['web', 'api', 'postgres'], (service) => ({ compose_project: 'shop', compose_service: service, container_name: `shop-${service}-1` })),
    metrics: each(['web', 'api', 'postgres'], (service) => ({ __name__: 'container_memory_rss', name: `shop-${service}-1`, container_label_com_docker_compose_service: service, container_label_com_docker_compose_project: 'shop', instance: 'cadvisor:8080' })),
    expect: ['compose_service=container_label_com_docker_compose_service:equal', 'container_name=name:equal'],
    may: ['compose_project=container_label_com_docker_compose_project', 'compose_service=name', 'container_name=container_label_com_docker_compose_service'],
  },
  {
    name: 'systemd journal and the systemd collector',
    logs: each(['nginx.service', 'sshd.service', 'cron.service', 'docker.service'], (unit) => ({ job: 'systemd-journal', unit, hostname: 'web1' })),
    metrics: [...nodeExporter('web1:9100'), ...each(['nginx.service', 'sshd.service', 'cron.service', 'docker.service', 'getty@tty1.service'], (name) => ({ __name__: 'node_systemd_unit_state', job: 'node', instance: 'web1:9100', name, state: 'active', type: 'simple' }))],
    expect: ['unit=name:equal', 'hostname=instance:without-port'],
  },
  {
    name: 'journal units and jobs named after the service',
    logs: each(['nginx.service', 'redis.service', 'postgresql.service'], (unit) => ({ unit, hostname: 'web1' })),
    metrics: [...each(['nginx', 'redis', 'postgresql'], (job, i) => ({ __name__: 'up', job, instance: `web1:91${13 + i}` })), ...nodeExporter('web1:9100')],
    expect: ['unit=job:regex', 'hostname=instance:without-port'],
  },
  {
    name: 'cgroup paths of cAdvisor',
    logs: each(['nginx.service', 'redis.service', 'mysql.service'], (unit) => ({ systemd_unit: unit })),
    metrics: each(['nginx.service', 'redis.service', 'mysql.service'], (unit) => ({ __name__: 'container_memory_rss', id: `/system.slice/${unit}`, instance: '10.9.8.7:8080' })),
    expect: [],
    may: ['systemd_unit=id'],
  },
  {
    name: 'blackbox: URLs that were probed',
    logs: each(['shop.example.com', 'api.example.com', 'www.example.com'], (vhost) => ({ vhost, job: 'nginx' })),
    metrics: each(['https://shop.example.com/health', 'https://api.example.com/', 'https://www.example.com'], (instance) => ({ __name__: 'probe_success', job: 'blackbox', instance })),
    expect: ['vhost=instance:regex'],
  },
  {
    name: 'blackbox: short hosts in logs',
    logs: each(hosts, (host) => ({ hostname: host })),
    metrics: each(hosts, (host) => ({ __name__: 'probe_duration_seconds', job: 'blackbox-http', instance: `http://${host}.example.com:8080/status` })),
    expect: ['hostname=instance:regex'],
  },
  {
    name: 'postgres exporter: databases',
    logs: each(['orders', 'customers', 'inventory'], (database) => ({ database, job: 'postgres', host: 'db1' })),
    metrics: [...each(['orders', 'customers', 'inventory', 'template0', 'template1', 'postgres'], (datname) => ({ __name__: 'pg_stat_database_tup_fetched', datname, job: 'postgres', instance: 'db1:9187', server: 'db1:5432' })), { __name__: 'up', job: 'node', instance: 'db2:9100' }],
    expect: ['database=datname:equal', 'host=instance:without-port', 'job=job:equal'],
    may: ['host=server'],
  },
  {
    name: 'mysql and redis exporters, roles that meet by accident',
    logs: each(['db1', 'db2', 'db3'], (host, i) => ({ host, role: i === 0 ? 'primary' : 'replica', shard: String(i), level: 'error' })),
    metrics: each(['db1', 'db2', 'db3'], (host, i) => [{ __name__: 'mysql_up', instance: `${host}:9104`, job: 'mysql' }, { __name__: 'redis_instance_info', instance: `${host}:9121`, job: 'redis', redis_mode: 'standalone', slave_id: String(i), state: i === 0 ? 'primary' : 'replica' }]),
    expect: ['host=instance:without-port'],
  },
  {
    name: 'nginx exporter and status codes',
    logs: each(['web1', 'web2'], (host) => ['200', '404', '500'].map((status) => ({ host, status, method: 'GET', level: 'info' }))),
    metrics: each(['web1', 'web2'], (host) => ['0', '1', '2'].map((cpu) => ({ __name__: 'node_cpu_seconds_total', instance: `${host}:9100`, cpu, mode: 'idle', job: 'node' }))),
    expect: ['host=instance:without-port'],
  },
  {
    name: 'numbers, truth values and defaults meet by accident',
    logs: each(range(4), (i) => ({ worker: String(i), debug: 'true', profile: 'default', attempt: '1', app: 'importer' })),
    metrics: each(range(4), (i) => ({ __name__: 'node_cpu_seconds_total', cpu: String(i), secure: 'true', queue: 'default', replica: '1', instance: '10.0.0.1:9100' })),
    expect: [],
  },
  { name: 'the same names with unrelated values', logs: each(range(4), (i) => ({ instance: `i-0abc${i}d12`, job: `loader-${i}`, name: `task${i}` })), metrics: each(range(4), (i) => ({ __name__: 'up', instance: `10.0.0.${i}:9100`, job: 'node', name: `eth${i}` })), expect: [] },
  { name: 'the same numbers under the same name', logs: each(range(6), (i) => ({ id: String(i), instance: 'alpha' })), metrics: each(range(6), (i) => ({ __name__: 'thermal_zone_temp', id: String(i), instance: 'beta:9100' })), expect: [] },
  { name: 'a value that everything carries', logs: each(hosts, (host) => ({ host, env: 'prod', dc: 'fra1' })), metrics: each(hosts, (host) => nodeExporter(`${host}:9100`, { cluster: 'prod', site_owner: 'fra1' })), expect: ['host=instance:without-port'] },
  { name: 'environments that differ', logs: each(['prod', 'staging'], (env) => hosts.map((host) => ({ env, host: `${host}-${env}` }))), metrics: each(['prod', 'staging'], (env) => hosts.flatMap((host) => nodeExporter(`${host}-${env}:9100`, { env }))), expect: ['host=instance:without-port', 'env=env:equal'] },
  { name: 'jobs that are called the same', logs: each(['nginx', 'postgres', 'billing'], (job) => ({ job, host: 'h1' })), metrics: each(['nginx', 'postgres', 'node', 'prometheus'], (job, i) => ({ __name__: 'up', job, instance: `h1:9${100 + i}` })), expect: ['job=job:equal', 'host=instance:without-port'] },
  { name: 'jobs with an ending', logs: each(['nginx', 'redis', 'mysql'], (name) => ({ job: `${name}logs`, hostname: 'web1' })), metrics: each(['nginx', 'redis', 'mysql', 'node'], (job, i) => ({ __name__: 'up', job, instance: `web1:9${100 + i}` })), expect: ['hostname=instance:without-port', 'job=job:regex'] },
  { name: 'jobs that have nothing to do with each other', logs: each(['varlogs', 'nginxlogs'], (job) => ({ job, hostname: 'web1' })), metrics: [...nodeExporter('web1:9100'), ...prometheusItself], expect: ['hostname=instance:without-port'] },
  {
    name: 'hosts with a prefix in metrics',
    logs: each(['web1', 'web2', 'mail1'], (host) => ({ host })),
    metrics: each(['web1', 'web2', 'mail1'], (host) => nodeExporter(`prod-${host}:9100`)),
    expect: ['host=instance:regex'],
  },
  {
    name: 'Consul: node and datacenter',
    logs: each(hosts, (host) => ({ hostname: host, datacenter: host.startsWith('web') ? 'fra1' : 'ams2' })),
    metrics: each(hosts, (host, i) => ({ __name__: 'consul_health_node_status', node: host, consul_dc: host.startsWith('web') ? 'fra1' : 'ams2', instance: `10.3.0.${i}:8500`, check: 'serfHealth', status: 'passing' })),
    expect: ['hostname=node:equal', 'datacenter=consul_dc:equal'],
  },
  {
    name: 'Consul and Nomad services',
    logs: each(['billing', 'search', 'mailer'], (name, i) => ({ service: name, alloc_id: hex(i).slice(0, 8) })),
    metrics: each(['billing', 'search', 'mailer', 'consul'], (name, i) => ({ __name__: 'consul_catalog_service_node_healthy', service_name: name, service_id: `${name}-${i}`, node: `n${i}.example.net`, instance: 'consul:9107' })),
    expect: ['service=service_name:equal'],
    may: ['service=service_id'],
  },
  {
    name: 'thousands of pods',
    logs: each(range(3000), (i) => ({ pod: `load-${(i * 7919).toString(36)}-${(i + 46656).toString(36)}ab`, namespace: `team-${i % 40}`, request_id: hex(i).slice(0, 16) })),
    metrics: each(range(2500), (i) => ({ __name__: 'container_memory_rss', pod: `load-${(i * 7919).toString(36)}-${(i + 46656).toString(36)}ab`, namespace: `team-${i % 40}`, container: 'load' })),
    expect: ['pod=pod:equal', 'namespace=namespace:equal'],
  },
  {
    name: 'thousands of users and a few names among them',
    logs: each(range(4000), (i) => ({ user: i % 400 === 0 ? ['root', 'postgres', 'nginx', 'web', 'backup'][(i / 400) % 5] : `user${i}`, host: `h${i % 3}x` })),
    metrics: [...each(['nginx', 'postgres', 'redis'], (job, i) => ({ __name__: 'up', job, instance: `h${i}x:9${100 + i}` })), ...each(range(3), (i) => nodeExporter(`h${i}x:9100`))],
    expect: ['host=instance:without-port'],
  },
  { name: 'few logs beside a large fleet', logs: each(['edge-17', 'edge-230', 'edge-401'], (host) => ({ host })), metrics: each(range(500), (i) => ({ __name__: 'node_load1', instance: `edge-${i}:9100`, job: 'node' })), expect: ['host=instance:without-port'] },
  { name: 'many log hosts, few of them measured', logs: each(range(300), (i) => ({ hostname: `sensor-${i}` })), metrics: each(['sensor-4', 'sensor-44', 'sensor-144'], (host) => nodeExporter(`${host}:9100`)), expect: ['hostname=instance:without-port'] },
  { name: 'mixed: some instances short, some full, some with port', logs: each(hosts, (host) => ({ host })), metrics: [...nodeExporter('web1:9100'), ...nodeExporter('web2.example.com:9100'), ...nodeExporter('db1.example.com'), ...nodeExporter('cache1')], expect: ['host=instance:short-host'] },
  { name: 'ports on both sides', logs: each(hosts, (host) => ({ instance: `${host}:9080` })), metrics: each(hosts, (host) => nodeExporter(`${host}:9100`)), expect: ['instance=instance:without-port'] },
  { name: 'the very same instance', logs: each(hosts, (host) => ({ instance: `${host}:9100`, job: 'agent' })), metrics: each(hosts, (host) => nodeExporter(`${host}:9100`)), expect: ['instance=instance:equal'] },
  { name: 'an image with a tag is no host with a port', logs: each(['nginx', 'redis'], (image) => ({ image, host: 'z9' })), metrics: each(['nginx:1.25', 'redis:7'], (image) => ({ __name__: 'container_start_time_seconds', image, instance: 'q4:8080' })), expect: [], may: ['image=image'] },
  { name: 'localhost on both sides', logs: [{ host: 'localhost', job: 'varlogs' }], metrics: [...nodeExporter('localhost:9100'), ...prometheusItself], expect: [], may: ['host=instance'] },
  { name: 'clients are not servers', logs: each(range(6), (i) => ({ remote_addr: `203.0.113.${i}`, server: 'edge1' })), metrics: each(range(3), (i) => nodeExporter(`198.51.100.${i}:9100`)), expect: [] },
  { name: 'everybody numbers workers', logs: each(range(4), (i) => ({ thread: `worker-${i}`, host: 'web1' })), metrics: [...each(range(3), (i) => ({ __name__: 'pool_busy', pool: `worker-${i}`, instance: 'web1:8080' })), ...nodeExporter('web2:9100')], expect: ['host=instance:without-port'] },
  { name: 'a strange name for machines, but the machines are all there', logs: each(['hera', 'zeus', 'athena', 'apollo-2'], (box) => ({ box, job: 'syslog' })), metrics: each(['hera', 'zeus', 'athena', 'apollo-2'], (host) => nodeExporter(`${host}:9100`)), expect: ['box=instance:without-port'] },
  { name: 'levels and severities are words, not things', logs: each(['info', 'warn', 'error'], (level) => ({ level, host: 'web1' })), metrics: [...each(['info', 'warn', 'error'], (severity) => ({ __name__: 'ALERTS', severity, alertname: 'X' })), ...nodeExporter('web1:9100')], expect: ['host=instance:without-port'] },
  { name: 'Prometheus Operator: jobs with a namespace before them', logs: each(['checkout', 'payments', 'frontend'], (app) => ({ app, namespace: 'shop' })), metrics: each(['checkout', 'payments', 'frontend'], (app, i) => ({ __name__: 'up', job: `shop/${app}`, namespace: 'shop', instance: `10.1.2.${i}:8080` })), expect: ['app=job:regex'], may: ['namespace=namespace:equal'] },
  { name: 'containerd ids with their runtime', logs: each(range(3), (i) => ({ container_id: hex(i + 40) })), metrics: each(range(3), (i) => ({ __name__: 'kube_pod_container_info', container_id: `containerd://${hex(i + 40)}`, pod: `p-${i}` })), expect: ['container_id=container_id:regex'] },
  { name: 'hostile names', logs: [{ __proto__x: 'a', constructor: 'web1', toString: 'x' }] as unknown as Sets, metrics: [{ constructor: '1', instance: 'web9:9100', hasOwnProperty: 'true' }] as unknown as Sets, expect: [] },
  { name: 'nothing on one side', logs: each(hosts, (host) => ({ host })), metrics: [], expect: [] },
];
