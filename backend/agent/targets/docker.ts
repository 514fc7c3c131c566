import { request } from 'undici';
import { textOfBytes } from '../bytes';
import type { DockerDiscoveryConfig, ScrapeConfig } from '../config/scrape';
import { DockerDiscoverer, dockerConnection } from '../discover/docker';
import type { DiscoveredLabels } from '../discover/static';
import type { LabelSet } from '../labelSet';
import type { Log } from '../log';
import type { AgentMetrics } from '../metrics';
import type { JobOutput } from '../output';
import type { Positions } from '../positions/positions';
import { publicLabels, relabel } from '../relabel';
import { Tracker } from '../tracker';
import { DockerStream, type DockerLine } from './dockerStream';
import type { TargetInfo, TargetManager } from './target';

export interface DockerDeps {
  positions: Positions;
  metrics: AgentMetrics;
  log: Log;
  clients: number;
}

const idLabel = '__meta_docker_container_id';
const streamLabel = '__meta_docker_container_log_stream';
const waitMs = 20;
/** Pause before a stream that broke off is opened again. */
const reopenMs = 1_000;

/** `docker_sd_configs`: follows the logs of each container through Docker's API. */
export class DockerTargets implements TargetManager {
  readonly jobName: string;
  private readonly discoverer: DockerDiscoverer;
  private readonly containers = new Map<string, ContainerLog>();
  private notTaken: TargetInfo[] = [];

  constructor(
    private readonly scrape: ScrapeConfig,
    private readonly config: DockerDiscoveryConfig,
    private readonly output: JobOutput,
    private readonly deps: DockerDeps
  ) {
    this.jobName = scrape.jobName;
    this.discoverer = new DockerDiscoverer(config, deps.log);
  }

  start(): void {
    this.discoverer.start((targets) => this.changed(targets));
  }

  stop(): void {
    this.discoverer.stop();
    this.containers.forEach((container) => container.stop());
  }

  get ready(): boolean {
    return this.containers.size > 0;
  }

  get active(): TargetInfo[] {
    return [...this.containers.values()].map(({ id, discovered, labels }) => ({ type: 'Docker', ready: true, labels: labels.get('stdout')!.labels, discovered, details: new Map([['id', id]]) }));
  }

  get dropped(): TargetInfo[] {
    return this.notTaken;
  }

  private changed(targets: DiscoveredLabels[]): void {
    const seen = new Set<string>();
    this.notTaken = [];
    for (const discovered of targets) {
      const id = discovered.get(idLabel) ?? '';
      if (seen.has(id)) {
        continue;
      }
      const labels = this.labelsOf(discovered);
      if (!labels) {
        this.notTaken.push({ type: 'dropped: dropped by relabelling', ready: false, labels: new Map(), discovered, details: new Map() });
        continue;
      }
      seen.add(id);
      if (!this.containers.has(id)) {
        const log = new ContainerLog(id, this.config.host, discovered, labels, this.output, this.deps);
        this.containers.set(id, log);
        this.deps.metrics.targetsActive.inc();
        log.start();
      }
    }
    for (const [id, container] of this.containers) {
      if (!seen.has(id)) {
        container.stop();
        this.containers.delete(id);
        this.deps.metrics.targetsActive.dec();
      }
    }
  }

  /** Relabelling sees the stream as a label, so each stream has labels of its own. */
  private labelsOf(discovered: DiscoveredLabels): Map<string, LabelSet> | undefined {
    const labels = new Map<string, LabelSet>();
    for (const stream of ['stdout', 'stderr']) {
      const result = relabel(new Map([...discovered, [streamLabel, stream]]), this.scrape.relabelRules);
      if (!result) {
        return undefined;
      }
      labels.set(stream, publicLabels(result));
    }
    return labels;
  }
}

/** The log of one container, followed from the last delivered line on. */
class ContainerLog {
  private readonly connection: ReturnType<typeof dockerConnection>;
  private readonly tracker: Tracker;
  /** Times of lines on their way, by number. */
  private readonly times = new Map<number, bigint>();
  private number = 0;
  private lastNs: bigint;
  private stopped = false;

  constructor(
    readonly id: string,
    host: string,
    readonly discovered: DiscoveredLabels,
    readonly labels: ReadonlyMap<string, LabelSet>,
    private readonly output: JobOutput,
    private readonly deps: DockerDeps
  ) {
    this.connection = dockerConnection(host);
    this.tracker = new Tracker(0, deps.clients, 0);
    this.tracker.onProgress = () => this.note();
    const exact = deps.positions.cursor(`cursor-ns-${id}`);
    const seconds = deps.positions.cursor(`cursor-${id}`);
    this.lastNs = exact !== undefined && /^\d+$/.test(exact) ? BigInt(exact) : seconds !== undefined && /^\d+$/.test(seconds) ? BigInt(seconds) * 1_000_000_000n : 0n;
  }

  start(): void {
    void this.follow();
  }

  stop(): void {
    this.stopped = true;
    this.connection.dispatcher.destroy().catch((error: Error) => this.deps.log.debug('docker connection', { error: error.message }));
  }

  private async follow(): Promise<void> {
    while (!this.stopped) {
      try {
        const { origin, dispatcher } = this.connection;
        const inspected = await request(`${origin}/containers/${this.id}/json`, { dispatcher });
        const { Config } = (await inspected.body.json()) as { Config?: { Tty?: boolean } };
        const since = `${this.lastNs / 1_000_000_000n}.${String(this.lastNs % 1_000_000_000n).padStart(9, '0')}`;
        const { body, statusCode } = await request(`${origin}/containers/${this.id}/logs?stdout=1&stderr=1&timestamps=1&follow=1&since=${since}`, { dispatcher });
        if (statusCode !== 200) {
          throw new Error(`Docker answered ${statusCode}: ${(await body.text()).slice(0, 200)}`);
        }
        await this.read(body, Config?.Tty ?? false);
      } catch (error) {
        if (!this.stopped) {
          this.deps.metrics.dockerErrors.inc();
          this.deps.log.warn('cannot follow container, will try again', { container: this.id, error: (error as Error).message });
        }
      }
      await new Promise((resolve) => setTimeout(resolve, reopenMs).unref());
    }
  }

  private async read(body: AsyncIterable<Buffer>, terminal: boolean): Promise<void> {
    const stream = new DockerStream(terminal, (line) => this.take(line));
    for await (const part of body) {
      stream.push(part);
      while (this.output.paused && !this.stopped) {
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }

  private take({ stream, tsNs, text }: DockerLine): void {
    // Lines up to the cursor come again, because `since` includes its instant.
    if (tsNs !== undefined && tsNs <= this.lastNs && this.number === 0) {
      return;
    }
    const number = this.number++;
    this.times.set(number, tsNs ?? this.lastNs);
    this.deps.metrics.dockerEntries.inc();
    this.output.text(this.labels.get(stream)!, textOfBytes(text), [{ tracker: this.tracker, start: number, end: number + 1 }], tsNs);
  }

  private note(): void {
    const before = this.lastNs;
    for (const [number, tsNs] of this.times) {
      if (number >= this.tracker.low) {
        break;
      }
      this.lastNs = tsNs > this.lastNs ? tsNs : this.lastNs;
      this.times.delete(number);
    }
    if (this.lastNs !== before) {
      this.deps.positions.setCursor(`cursor-${this.id}`, String(this.lastNs / 1_000_000_000n));
      this.deps.positions.setCursor(`cursor-ns-${this.id}`, String(this.lastNs));
    }
  }
}
