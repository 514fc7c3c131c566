import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { noPathText } from '../config/noPath';
import type { ScrapeConfig } from '../config/scrape';
import type { Discoverer, DiscoveredLabels } from '../discover/static';
import type { LabelSet } from '../labelSet';
import type { Log } from '../log';
import type { AgentMetrics } from '../metrics';
import type { JobOutput } from '../output';
import { publicLabels, relabel } from '../relabel';
import { CompressedFile, type CompressedShared } from '../tail/compressedFile';
import { FileTail, type TailShared } from '../tail/fileTail';
import { directoryOf, filesOf } from '../tail/glob';
import { decodedLines, type LineReader, plainLines } from '../tail/lines';
import { knownEncoding } from '../config/scrape';
import { obstacleOf } from '../tail/obstacle';
import type { Poller } from '../tail/poller';
import type { TargetInfo, TargetManager } from './target';

export interface FilesDeps {
  poller: Poller;
  tails: TailShared;
  compressed: CompressedShared;
  metrics: AgentMetrics;
  log: Log;
  syncMs: number;
}

/** A set of labels and a pattern: what discovery and relabelling leave. */
interface Group {
  key: string;
  pattern: string;
  exclude: string | undefined;
  labels: LabelSet;
  discovered: DiscoveredLabels;
  tails: Map<string, FileTail | CompressedFile>;
  /** When the pattern was expanded, and the change time of its directory then. */
  listed: { atMs: number; directoryMs: number };
  /** Whether it ever meant a file; undefined before it was expanded. */
  matched: boolean | undefined;
}

/** The file targets of one job. */
export class FileTargets implements TargetManager {
  private readonly groups = new Map<string, Group>();
  private readonly found = new Map<Discoverer, DiscoveredLabels[]>();
  private notTaken: TargetInfo[] = [];
  private saidPathless = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly reader: LineReader | undefined;

  constructor(
    private readonly config: ScrapeConfig,
    private readonly discoverers: readonly Discoverer[],
    private readonly output: JobOutput,
    private readonly deps: FilesDeps
  ) {
    this.reader = config.encoding === undefined ? plainLines : knownEncoding(config.encoding) ? decodedLines(config.encoding) : undefined;
  }

  get jobName(): string {
    return this.config.jobName;
  }

  start(): void {
    for (const discoverer of this.discoverers) {
      discoverer.start((targets) => {
        this.found.set(discoverer, targets);
        this.regroup();
      });
    }
    this.timer = setInterval(() => this.groups.forEach((group) => this.sync(group)), Math.min(this.deps.syncMs, syncMsMax));
  }

  stop(): void {
    clearInterval(this.timer);
    this.discoverers.forEach((discoverer) => discoverer.stop());
    for (const group of this.groups.values()) {
      this.drop(group);
    }
    this.groups.clear();
  }

  get ready(): boolean {
    return [...this.groups.values()].some((group) => group.tails.size > 0);
  }

  get active(): TargetInfo[] {
    return [...this.groups.values()].map((group) => ({
      type: 'File',
      ready: group.tails.size > 0,
      labels: group.labels.labels,
      discovered: group.discovered,
      details: new Map([...group.tails.keys()].map((file) => [file, this.deps.tails.positions.cursor(file) ?? ''])),
    }));
  }

  get dropped(): TargetInfo[] {
    return this.notTaken;
  }

  /** Discovery brought something: relabels, starts what is new and stops what is gone. */
  private regroup(): void {
    this.notTaken = [];
    const wanted = new Map<string, Group>();
    for (const discovered of [...this.found.values()].flat()) {
      const group = this.groupOf(discovered);
      if (group && !wanted.has(group.key)) {
        wanted.set(group.key, group);
      }
    }
    for (const [key, group] of this.groups) {
      if (!wanted.has(key)) {
        this.drop(group);
        this.groups.delete(key);
      }
    }
    for (const [key, group] of wanted) {
      if (!this.groups.has(key)) {
        this.groups.set(key, group);
        this.deps.metrics.targetsActive.inc();
        this.deps.log.info('Adding target', { key });
        this.sync(group);
      }
    }
  }

  private groupOf(discovered: DiscoveredLabels): Group | undefined {
    const refuse = (reason: string, labels: ReadonlyMap<string, string>) => {
      this.notTaken.push({ type: `dropped: ${reason}`, ready: false, labels, discovered, details: new Map() });
      return undefined;
    };
    const host = discovered.get('__host__');
    const labels = relabel(discovered, this.config.relabelRules);
    if (!labels) {
      return refuse('dropped by relabelling', new Map());
    }
    const relabelledHost = labels.get('__host__') ?? host;
    if (relabelledHost !== undefined && relabelledHost !== hostname()) {
      return refuse(`ignoring target, wrong host (labels:${labels.text} hostname:${hostname()})`, labels.labels);
    }
    const pattern = labels.get('__path__');
    if (pattern === undefined) {
      this.notePathless(labels);
      return refuse('no path for target', labels.labels);
    }
    const shown = publicLabels(labels);
    return { key: `${pattern}:${shown.text}`, pattern, exclude: labels.get('__path_exclude__'), labels: shown, discovered, tails: new Map(), listed: { atMs: 0, directoryMs: -1 }, matched: undefined };
  }

  /** Said once for a job: discovery brings the same targets again and again. */
  private notePathless({ labels, text }: LabelSet): void {
    if (!this.saidPathless) {
      this.saidPathless = true;
      this.deps.log.warn(noPathText(labels), { job: this.jobName, labels: text });
    }
  }

  /** Expands the pattern again. */
  private sync(group: Group): void {
    if (this.isUnchanged(group)) {
      return;
    }
    const files = new Set(filesOf(group.pattern, group.exclude));
    this.noteMatches(group, files.size);
    for (const file of files) {
      if (!group.tails.has(file)) {
        this.tail(group, file);
      }
    }
    for (const [file, tail] of group.tails) {
      // A file that is gone is followed until what was written to it is read.
      if (!files.has(file) && !(tail instanceof FileTail && tail.holdsOn)) {
        this.end(tail);
        group.tails.delete(file);
      }
    }
  }

  /** Says once that a pattern means no file (a typo, perhaps), and once that it does now. */
  private noteMatches(group: Group, count: number): void {
    const about = { job: this.jobName, path: group.pattern, exclude: group.exclude };
    if (group.matched === undefined && count === 0) {
      this.deps.log.warn('no file matches __path__ yet; new ones are looked for every second', { ...about, because: obstacleOf(group.pattern) });
    } else if (group.matched === false && count > 0) {
      this.deps.log.info('files match __path__ now', { ...about, files: count });
    }
    group.matched = group.matched === true || count > 0;
  }

  /** Directories with thousands of files are not listed again while nothing came or went; now and then they are anyway. */
  private isUnchanged(group: Group): boolean {
    const directory = directoryOf(group.pattern);
    const directoryMs = directory === undefined ? -1 : (statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? -1);
    const nowMs = Date.now();
    const { atMs } = group.listed;
    // A change right after the listing can have the same time as the one before it.
    const same = directoryMs >= 0 && directoryMs === group.listed.directoryMs && atMs - directoryMs > mtimeGrainMs && nowMs - atMs < this.deps.syncMs;
    if (!same) {
      group.listed = { atMs: nowMs, directoryMs };
    }
    return same;
  }

  private tail(group: Group, file: string): void {
    const { deps } = this;
    if (!this.reader) {
      deps.metrics.targetsFailed.inc({ reason: 'encoding' });
      deps.log.error('failed to start tailer: error doing IANA encoding: ianaindex: invalid encoding name', { filename: file, encoding: this.config.encoding });
      return;
    }
    const labels = group.labels.with('filename', file);
    const target = `${this.config.jobName} ${group.labels.text}`;
    if (this.config.compression) {
      const compressed = new CompressedFile(file, labels, this.config.compression, this.output, deps.compressed);
      group.tails.set(file, compressed);
      deps.metrics.filesActive.inc();
      compressed.start();
      return;
    }
    const tail = new FileTail(target, file, labels, this.reader, this.output, deps.tails, Date.now());
    group.tails.set(file, tail);
    deps.metrics.filesActive.inc();
    deps.poller.add(tail);
  }

  private drop(group: Group): void {
    this.deps.metrics.targetsActive.dec();
    group.tails.forEach((tail) => this.end(tail));
    group.tails.clear();
  }

  private end(tail: FileTail | CompressedFile): void {
    if (tail instanceof FileTail) {
      this.deps.poller.remove(tail);
    }
    tail.stop();
    this.deps.metrics.filesActive.dec();
  }
}

/** Coarsest change times in use (FAT has two seconds). */
const mtimeGrainMs = 2_000;

/** New files are found at least this often; Promtail learns of them from the kernel. */
const syncMsMax = 1_000;
