import { DryRun } from './client/dryRun';
import { Client, type EntrySink } from './client/client';
import { LineClock } from './clock';
import type { AgentConfig } from './config/config';
import type { ScrapeConfig } from './config/scrape';
import { ConfigError } from './config/yaml';
import { FileDiscoverer } from './discover/fileSd';
import { KubernetesDiscoverer } from './discover/kubernetes';
import { StaticDiscoverer, targetsOfGroups, type Discoverer } from './discover/static';
import type { Entry } from './entry';
import type { Log } from './log';
import { AgentMetrics } from './metrics';
import { JobOutput } from './output';
import { Positions } from './positions/positions';
import { RateGate } from './rateGate';
import { planScrapes } from './stages';
import { inspectTo } from './stages/inspect';
import { Pipeline } from './stages/pipeline';
import { Descriptors } from './tail/descriptors';
import type { TailShared } from './tail/fileTail';
import { Poller } from './tail/poller';
import { DockerTargets } from './targets/docker';
import { FileTargets } from './targets/files';
import { JournalTarget } from './targets/journal';
import { PushTarget } from './targets/push';
import { SenderNames } from './targets/senderNames';
import { StdinTarget } from './targets/stdin';
import { SyslogTarget } from './targets/syslog';
import type { TargetManager } from './targets/target';

export interface AgentOptions {
  log: Log;
  /** Show entries instead of sending them. */
  dryRun?: { write(text: string): void };
  /** Show what each stage does. */
  inspect?: { write(text: string): void };
  /** The environment, where Kubernetes says where its API is. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Read this instead of the targets. */
  stdin?: NodeJS.ReadableStream;
  /** Finds the names of the addresses that send syslog. */
  senderNames?: SenderNames;
}

/** A stop waits so long for the servers before it keeps the rest for the next start. */
export const stopMsMax = 5_000;

/** Files that may be open at once. Above it the one that was idle for longest is closed and opened again when it grows. */
const openFilesMax = 512;

/** Read buffer at the start; grows to the longest line. */
const readBufferBytes = 262_144;

/** The agent: targets that read, jobs with their stages, clients that deliver, positions that remember. */
export class Agent {
  readonly metrics = new AgentMetrics();
  private readonly positions: Positions;
  private readonly sinks: EntrySink[];
  private readonly clients: Client[] = [];
  private readonly clock = new LineClock();
  private readonly poller: Poller;
  private readonly descriptors = new Descriptors(openFilesMax);
  private readonly senderNames: SenderNames;
  private readonly outputs: JobOutput[] = [];
  private managers: TargetManager[] = [];
  private stopping: Promise<void> | undefined;

  /** Reads positions and checks everything a configuration can be wrong in. Throws a ConfigError. */
  constructor(
    readonly config: AgentConfig,
    private readonly options: AgentOptions
  ) {
    if (config.clients.length === 0) {
      throw new ConfigError('at least one client config must be provided');
    }
    const { log } = options;
    this.senderNames = options.senderNames ?? new SenderNames();
    this.poller = new Poller(config.filePollMs, () => this.clock.refresh(), (tail, error) => log.error('cannot follow file', { path: tail.path, error: (error as Error).message }));
    this.positions = new Positions({
      file: config.positions.file,
      ignoreInvalid: config.positions.ignoreInvalid,
      clients: options.dryRun ? [] : config.clients.map((client) => client.name),
      readOnly: options.dryRun !== undefined,
      log,
    });
    this.sinks = options.dryRun ? [new DryRun(options.dryRun)] : this.makeClients();
    const plans = planScrapes(config.scrapes);
    const gate = this.makeGate();
    const jobs = options.stdin ? config.scrapes.slice(0, 1) : config.scrapes;
    this.clock.refresh();
    for (const [i, scrape] of jobs.entries()) {
      const pipeline = plans[i].length > 0 ? new Pipeline(plans[i], { log, metrics: this.metrics, drop: (entry, reason) => this.drop(entry, reason), nowMs: Date.now, inspect: options.inspect && inspectTo(options.inspect) }) : undefined;
      const output = new JobOutput(scrape.jobName, pipeline, this.sinks, this.clock, gate);
      this.outputs.push(output);
      this.managers.push(...this.makeManagers(scrape, output));
    }
    if (options.stdin && jobs.length === 0) {
      this.managers.push(this.makeStdin(undefined, new JobOutput('stdin', undefined, this.sinks, this.clock, gate)));
    }
  }

  async start(): Promise<void> {
    const { positions, config } = this;
    positions.start(config.positions.syncPeriodMs);
    // Not awaited: a server that is away must not keep files from being followed; those in doubt wait by themselves.
    for (const client of this.clients) {
      client.recover().catch((error: unknown) => this.options.log.error('cannot take up what an earlier run left', { client: client.name, error: (error as Error).message }));
    }
    for (const manager of this.managers) {
      await manager.start();
    }
  }

  /** Resolves when the input has ended (only with `-stdin`). */
  async ended(): Promise<void> {
    const inputs = this.managers.filter((manager) => manager instanceof StdinTarget);
    await (inputs.length > 0 ? Promise.all(inputs.map((input) => input.ended)) : new Promise<void>(() => undefined));
  }

  /** Stops reading, delivers within the bound, remembers where it stands. Safe to call twice. */
  stop(): Promise<void> {
    this.stopping ??= this.doStop();
    return this.stopping;
  }

  get targets(): readonly TargetManager[] {
    return this.managers;
  }

  get ready(): boolean {
    return this.managers.some((manager) => manager.ready);
  }

  private async doStop(): Promise<void> {
    const deadlineMs = Date.now() + stopMsMax;
    await this.poller.stop();
    await Promise.all(this.managers.filter((manager) => !(manager instanceof FileTargets)).map((manager) => manager.stop()));
    this.outputs.forEach((output) => output.pipeline?.flush());
    await Promise.all(this.sinks.map((sink) => sink.stop(deadlineMs)));
    this.outputs.forEach((output) => output.pipeline?.close());
    this.managers.filter((manager) => manager instanceof FileTargets).forEach((manager) => manager.stop());
    this.positions.stop();
    this.descriptors.closeAll();
  }

  private makeClients(): Client[] {
    const { config, metrics, options } = this;
    config.clients.forEach((client, i) => {
      const deps = { positions: this.positions, metrics, log: options.log, limits: config.limits, queue: config.queue, onRoom: () => this.poller.room() };
      this.clients.push(new Client(client, i, deps));
    });
    return this.clients;
  }

  private makeGate(): RateGate | undefined {
    const { readRate } = this.config;
    return readRate && new RateGate(readRate.linesPerSecond, readRate.burst, readRate.drop, () => this.metrics.droppedLine('global_rate_limiter_drop'));
  }

  private drop(entry: Entry, reason: string | undefined): void {
    if (reason !== undefined) {
      this.metrics.droppedLine(reason);
    }
    entry.origins.forEach(({ tracker, start, end }) => tracker.drop(start, end));
  }

  private makeManagers(scrape: ScrapeConfig, output: JobOutput): TargetManager[] {
    if (this.options.stdin) {
      return [this.makeStdin(scrape, output)];
    }
    const discoverers: Discoverer[] = [];
    if (scrape.static.length > 0) {
      discoverers.push(new StaticDiscoverer(targetsOfGroups(scrape.static)));
    }
    for (const { patterns, refreshMs } of scrape.fileSd) {
      discoverers.push(new FileDiscoverer(patterns, refreshMs, this.options.log));
    }
    for (const config of scrape.kubernetes) {
      discoverers.push(new KubernetesDiscoverer(config, this.options.env ?? {}, this.options.log));
    }
    return [...(discoverers.length > 0 ? [new FileTargets(scrape, discoverers, output, this.filesDeps())] : []), ...this.otherManagers(scrape, output)];
  }

  private otherManagers(scrape: ScrapeConfig, output: JobOutput): TargetManager[] {
    const { metrics } = this;
    const { log } = this.options;
    const deps = { positions: this.positions, metrics, log, clients: Math.max(1, this.clients.length) };
    return [
      ...scrape.docker.map((config) => new DockerTargets(scrape, config, output, deps)),
      ...(scrape.journal ? [new JournalTarget(scrape, scrape.journal, output, deps)] : []),
      ...(scrape.syslog ? [new SyslogTarget(scrape, scrape.syslog, output, this.senderNames, metrics, log)] : []),
      ...(scrape.push ? [new PushTarget(scrape, scrape.push, output, log)] : []),
    ];
  }

  private makeStdin(scrape: ScrapeConfig | undefined, output: JobOutput): StdinTarget {
    this.outputs.includes(output) || this.outputs.push(output);
    return new StdinTarget(this.options.stdin!, scrape, output);
  }

  private filesDeps() {
    const { poller, metrics, descriptors, config } = this;
    const { log } = this.options;
    const { positions } = this;
    const tails: TailShared = { positions, descriptors, metrics, log, scratch: this.scratch, byInode: this.byInode };
    return { poller, tails, metrics, log, compressed: { positions, metrics, log, clients: Math.max(1, this.clients.length) }, syncMs: config.targetSyncMs };
  }

  private readonly scratch = { bytes: Buffer.allocUnsafe(readBufferBytes) };
  private readonly byInode: TailShared['byInode'] = new Map();
}
