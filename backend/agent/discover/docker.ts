import { Agent, request } from 'undici';
import type { DockerDiscoveryConfig } from '../config/scrape';
import type { Log } from '../log';
import type { DiscoveredLabels, Discoverer } from './static';

/** A container as `GET /containers/json` lists it; only what is used. */
interface Container {
  Id: string;
  Names: string[];
  Labels: Record<string, string> | null;
  Ports: Array<{ IP?: string; PrivatePort: number; PublicPort?: number; Type: string }> | null;
  HostConfig?: { NetworkMode?: string };
  NetworkSettings?: { Networks?: Record<string, Network> };
}

interface Network {
  NetworkID?: string;
  IPAddress?: string;
}

/** A connection to Docker's API at `unix:///path`, `tcp://host:port` or `http://host:port`. */
export function dockerConnection(host: string): { dispatcher: Agent; origin: string } {
  const socketPath = host.startsWith('unix://') ? host.slice('unix://'.length) : undefined;
  return {
    // Logs are followed without end, so bodies have no time limit.
    dispatcher: new Agent({ connect: socketPath === undefined ? {} : { socketPath }, bodyTimeout: 0 }),
    origin: socketPath === undefined ? host.replace(/^tcp:/, 'http:') : 'http://docker',
  };
}

/** `docker_sd_configs`: containers of a Docker daemon, asked for every `refreshMs`. */
export class DockerDiscoverer implements Discoverer {
  private timer: NodeJS.Timeout | undefined;
  private readonly connection: ReturnType<typeof dockerConnection>;

  constructor(
    private readonly config: DockerDiscoveryConfig,
    private readonly log: Log
  ) {
    this.connection = dockerConnection(config.host);
  }

  start(changed: (targets: DiscoveredLabels[]) => void): void {
    const look = () => {
      this.list().then(changed, (error: Error) => this.log.warn('cannot list containers', { host: this.config.host, error: error.message }));
    };
    look();
    this.timer = setInterval(look, Math.max(refreshMsMin, this.config.refreshMs));
  }

  stop(): void {
    clearInterval(this.timer);
    this.connection.dispatcher.destroy().catch((error: Error) => this.log.debug('docker connection', { error: error.message }));
  }

  private async list(): Promise<DiscoveredLabels[]> {
    const filters = JSON.stringify(Object.fromEntries(this.config.filters.map(({ name, values }) => [name, values])));
    const { statusCode, body } = await request(`${this.connection.origin}/containers/json?filters=${encodeURIComponent(filters)}`, { dispatcher: this.connection.dispatcher });
    if (statusCode !== 200) {
      throw new Error(`Docker answered ${statusCode}: ${(await body.text()).slice(0, 200)}`);
    }
    return ((await body.json()) as Container[]).flatMap((container) => labelsOf(container, this.config));
  }
}

const refreshMsMin = 1_000;

/** One target for each network and port, as Prometheus' discovery has it; a container without ports gets the configured one. */
function labelsOf(container: Container, config: DockerDiscoveryConfig): DiscoveredLabels[] {
  const mode = container.HostConfig?.NetworkMode ?? '';
  const common = new Map([
    ['__meta_docker_container_id', container.Id],
    ['__meta_docker_container_name', container.Names[0] ?? ''],
    ['__meta_docker_container_network_mode', mode],
  ]);
  for (const [name, value] of Object.entries(container.Labels ?? {})) {
    common.set(`__meta_docker_container_label_${name.replace(/[^A-Za-z0-9_]/g, '_')}`, value);
  }
  const networks = Object.entries(container.NetworkSettings?.Networks ?? {});
  const tcp = (container.Ports ?? []).filter((port) => port.Type === 'tcp');
  return (networks.length === 0 ? [['', {} as Network] as const] : networks).flatMap(([name, network]) => {
    const labels = new Map([...common, ['__meta_docker_network_id', network.NetworkID ?? ''], ['__meta_docker_network_name', name], ['__meta_docker_network_ip', network.IPAddress ?? '']]);
    if (tcp.length === 0) {
      const address = mode === 'host' ? config.hostNetworkingHost : `${network.IPAddress ?? ''}:${config.port}`;
      return [new Map([...labels, ['__address__', address]])];
    }
    return tcp.map((port) => {
      const publicPort: Array<[string, string]> = port.PublicPort ? [['__meta_docker_port_public', String(port.PublicPort)], ['__meta_docker_port_public_ip', port.IP ?? '']] : [];
      return new Map([...labels, ['__address__', `${network.IPAddress ?? ''}:${port.PrivatePort}`], ['__meta_docker_port_private', String(port.PrivatePort)], ...publicPort]);
    });
  });
}
