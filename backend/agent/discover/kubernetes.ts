import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { tlsOptions } from '../client/transport';
import type { KubernetesDiscoveryConfig } from '../config/scrape';
import type { Log } from '../log';
import type { DiscoveredLabels, Discoverer } from './static';

/** Where Kubernetes puts the credentials of a pod. */
const accountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';
/** How often pods are listed. */
const refreshMs = 10_000;
/** Pods in one answer; more come in further pages. */
const pageSize = 500;

/** A pod as the API lists it; only what is used. */
interface Pod {
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: Array<{ kind: string; name: string; controller?: boolean }>;
  };
  spec: { nodeName?: string; containers: Container[]; initContainers?: Container[] };
  status: {
    podIP?: string;
    hostIP?: string;
    phase?: string;
    conditions?: Array<{ type: string; status: string }>;
    containerStatuses?: Array<{ name: string; containerID?: string }>;
    initContainerStatuses?: Array<{ name: string; containerID?: string }>;
  };
}

interface Container {
  name: string;
  image?: string;
  ports?: Array<{ name?: string; containerPort: number; protocol?: string }>;
}

/** `kubernetes_sd_configs` with role pod: containers of pods, through the API with the pod's own or the configured credentials. */
export class KubernetesDiscoverer implements Discoverer {
  private timer: NodeJS.Timeout | undefined;
  private dispatcher: Agent | undefined;

  constructor(
    private readonly config: KubernetesDiscoveryConfig,
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly log: Log
  ) {}

  start(changed: (targets: DiscoveredLabels[]) => void): void {
    const look = () => {
      this.list().then(
        (pods) => changed(pods.flatMap(podTargets)),
        (error: Error) => this.log.warn('cannot list pods', { error: error.message })
      );
    };
    look();
    this.timer = setInterval(look, refreshMs);
  }

  stop(): void {
    clearInterval(this.timer);
    this.dispatcher?.destroy().catch((error: Error) => this.log.debug('kubernetes connection', { error: error.message }));
  }

  private async list(): Promise<Pod[]> {
    const { config } = this;
    const namespaces = config.ownNamespace ? [readFileSync(`${accountDirectory}/namespace`, 'utf8').trim()] : config.namespaces;
    const paths = namespaces.length === 0 ? ['/api/v1/pods'] : namespaces.map((name) => `/api/v1/namespaces/${encodeURIComponent(name)}/pods`);
    const selector = config.selectors.find(({ role }) => role === 'pod');
    const pods = await Promise.all(paths.map((path) => this.pages(path, selector?.label ?? '', selector?.field ?? '')));
    return pods.flat();
  }

  private async pages(path: string, labelSelector: string, fieldSelector: string): Promise<Pod[]> {
    const pods: Pod[] = [];
    let next = '';
    do {
      const query = new URLSearchParams({ limit: String(pageSize), ...(labelSelector ? { labelSelector } : {}), ...(fieldSelector ? { fieldSelector } : {}), ...(next ? { continue: next } : {}) });
      const { statusCode, body } = await request(`${this.server}${path}?${query}`, { dispatcher: this.connection, headers: this.authorization });
      if (statusCode !== 200) {
        throw new Error(`Kubernetes answered ${statusCode}: ${(await body.text()).slice(0, 200)}`);
      }
      const page = (await body.json()) as { items: Pod[]; metadata?: { continue?: string } };
      pods.push(...page.items);
      next = page.metadata?.continue ?? '';
    } while (next !== '');
    return pods;
  }

  private get server(): string {
    if (this.config.apiServer) {
      return this.config.apiServer.replace(/\/$/, '');
    }
    const host = this.env.KUBERNETES_SERVICE_HOST;
    if (!host) {
      throw new Error('no api_server is configured and this is not a pod (KUBERNETES_SERVICE_HOST is not set)');
    }
    return `https://${host.includes(':') ? `[${host}]` : host}:${this.env.KUBERNETES_SERVICE_PORT ?? '443'}`;
  }

  private get connection(): Agent {
    this.dispatcher ??= new Agent({ connect: tlsOptions(this.config.tls ?? (this.config.apiServer ? { insecureSkipVerify: false } : { caFile: `${accountDirectory}/ca.crt`, insecureSkipVerify: false })) });
    return this.dispatcher;
  }

  /** Tokens of pods are exchanged while they run, so the file is read for each request. */
  private get authorization(): Record<string, string> {
    const { bearerToken, bearerTokenFile, apiServer } = this.config;
    const file = bearerTokenFile ?? (apiServer || bearerToken ? undefined : `${accountDirectory}/token`);
    const token = bearerToken ?? (file ? readFileSync(file, 'utf8').trim() : undefined);
    return token ? { authorization: `Bearer ${token}` } : {};
  }
}

const labelName = (text: string): string => text.replace(/[^A-Za-z0-9_]/g, '_');

/** One target for each port of each container, or for the container when it has none (Prometheus, discovery/kubernetes/pod.go). */
export function podTargets(pod: Pod): DiscoveredLabels[] {
  const { podIP } = pod.status;
  if (!podIP) {
    return [];
  }
  const common = podLabels(pod);
  const containers = [...pod.spec.containers.map((container) => ({ container, init: false })), ...(pod.spec.initContainers ?? []).map((container) => ({ container, init: true }))];
  return containers.flatMap(({ container, init }) => {
    const statuses = (init ? pod.status.initContainerStatuses : pod.status.containerStatuses) ?? [];
    const own = new Map([
      ...common,
      ['__meta_kubernetes_pod_container_name', container.name],
      ['__meta_kubernetes_pod_container_id', statuses.find(({ name }) => name === container.name)?.containerID ?? ''],
      ['__meta_kubernetes_pod_container_image', container.image ?? ''],
      ['__meta_kubernetes_pod_container_init', String(init)],
    ]);
    const ports = container.ports ?? [];
    if (ports.length === 0) {
      return [new Map([...own, ['__address__', podIP]])];
    }
    return ports.map(
      (port) =>
        new Map([
          ...own,
          ['__address__', `${podIP}:${port.containerPort}`],
          ['__meta_kubernetes_pod_container_port_name', port.name ?? ''],
          ['__meta_kubernetes_pod_container_port_number', String(port.containerPort)],
          ['__meta_kubernetes_pod_container_port_protocol', port.protocol ?? 'TCP'],
        ])
    );
  });
}

function podLabels({ metadata, spec, status }: Pod): Map<string, string> {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const labels = new Map([
    ['__meta_kubernetes_namespace', metadata.namespace],
    ['__meta_kubernetes_pod_name', metadata.name],
    ['__meta_kubernetes_pod_uid', metadata.uid],
    ['__meta_kubernetes_pod_ip', status.podIP ?? ''],
    ['__meta_kubernetes_pod_host_ip', status.hostIP ?? ''],
    ['__meta_kubernetes_pod_node_name', spec.nodeName ?? ''],
    ['__meta_kubernetes_pod_phase', status.phase ?? ''],
    ['__meta_kubernetes_pod_ready', (status.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'unknown').toLowerCase()],
    ...(owner ? [['__meta_kubernetes_pod_controller_kind', owner.kind] as const, ['__meta_kubernetes_pod_controller_name', owner.name] as const] : []),
  ]);
  for (const [kind, values] of [['label', metadata.labels], ['annotation', metadata.annotations]] as const) {
    for (const [name, value] of Object.entries(values ?? {})) {
      labels.set(`__meta_kubernetes_pod_${kind}_${labelName(name)}`, value);
      labels.set(`__meta_kubernetes_pod_${kind}present_${labelName(name)}`, 'true');
    }
  }
  return labels;
}
