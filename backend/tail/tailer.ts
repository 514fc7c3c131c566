import type { LogExpr } from '../../src/logql';
import type { EncodingFlag, TailFrame, WireEntry } from '../../src/wire';
import type { Batch } from '../model/entry';
import { labelsObject, labelsText, noLabels, type Labels } from '../model/labels';
import type { LiveSource, Subscription } from '../model/live';
import { buildPipeline } from '../pipeline';
import type { ResultLabels } from '../pipeline/pipeline';
import type { ResultStream } from '../query/result';
import { labelsTest } from '../store/matchers';
import { chunkOfEntries } from './batchChunks';

/** Entries in one frame, and frames that may wait for a slow client; what is beyond is dropped and reported (Loki, pkg/querier/tail.go). */
const entriesPerFrameMax = 100;
const framesWaitingMax = 10;
const droppedReportedMax = 1_000;
/** Characters of lines that may wait for one client: a thousand lines of 256 KB each would be the whole ceiling of memory. */
const waitingCharsMax = 500_000;
/** The same for their labels: structured metadata may have 64 KB a line. */
const labelCharsMax = 1_000_000;
/** Characters of the labels of entries that are reported as dropped. */
const droppedCharsMax = 500_000;

interface TailEntry {
  tsNs: bigint;
  line: string;
  labels: Pick<ResultLabels, 'stream' | 'structured' | 'parsed' | 'all'>;
  key: string;
  arrivedMs: number;
}

export interface TailOptions {
  tenant: string;
  expr: LogExpr;
  /** How long an entry is held, so that late ones can be sorted in. */
  delayMs: number;
  flags: ReadonlySet<EncodingFlag>;
  now: () => number;
}

/** Follows one query: what matches of each committed batch, in frames, bounded. Knows nothing of sockets. */
export class Tailer {
  private readonly waiting: TailEntry[] = [];
  private waitingChars = 0;
  private labelChars = 0;
  private dropped: Array<Pick<TailEntry, 'tsNs' | 'labels'>> = [];
  private droppedChars = 0;
  private readonly subscription: Subscription;
  /** How often each entry was in the backlog, while it may still be received as well. */
  private seen: Map<string, number> | undefined;
  private seenUntilMs = 0;

  constructor(
    private readonly source: LiveSource,
    private readonly options: TailOptions,
    /** Called when there may be something to send. */
    private readonly wake: () => void
  ) {
    const pipeline = buildPipeline(options.expr.stages);
    const matches = labelsTest(options.expr.selector.matchers);
    this.subscription = source.subscribe(options.tenant, options.expr.selector.matchers, {
      receive: (batch) => this.take(batch, matches, pipeline),
      missed: (stream, fromNs) => matches(stream) && this.miss(stream, fromNs),
    });
  }

  /** Resolves when nothing that is stored from now on can be missed: the time to read the backlog. */
  get ready(): Promise<void> {
    return this.subscription.ready;
  }

  close(): void {
    this.subscription.close();
    this.waiting.length = 0;
    this.waitingChars = this.labelChars = 0;
  }

  /** Puts what was stored before in front; entries that arrived in the meantime (or are still to be received) and are among it are not sent twice. */
  startWith(backlog: ResultStream[]): void {
    const arrivedMs = -Infinity;
    const entries = backlog.flatMap(({ set, entries: stored }) => {
      const key = set.text();
      const labels = { all: set.labels(), stream: set.labels('stream'), structured: set.labels('structured'), parsed: set.labels('parsed') };
      return stored.map(({ tsNs, line }): TailEntry => ({ tsNs, line, labels, key, arrivedMs }));
    });
    entries.sort(byTime);
    cutToNewest(entries);
    this.seen = new Map();
    this.seenUntilMs = this.options.now() + this.source.lagMsMax;
    for (const entry of entries) {
      this.seen.set(identity(entry), (this.seen.get(identity(entry)) ?? 0) + 1);
    }
    const later = this.waiting.splice(0).filter((entry) => !this.wasSeen(entry));
    this.waiting.push(...entries, ...later);
    this.waitingChars = charsOf(this.waiting);
    this.labelChars = labelCharsOf(this.waiting);
  }

  private wasSeen(entry: TailEntry): boolean {
    const name = identity(entry);
    const times = this.seen?.get(name) ?? 0;
    if (times > 0) {
      this.seen!.set(name, times - 1);
    }
    return times > 0;
  }

  /** The next frame that is due, or undefined. */
  next(): TailFrame | undefined {
    const due = this.options.now() - this.options.delayMs;
    let count = 0;
    while (count < this.waiting.length && count < entriesPerFrameMax && this.waiting[count].arrivedMs <= due) {
      count++;
    }
    if (count === 0 && this.dropped.length === 0) {
      return undefined;
    }
    const entries = this.waiting.splice(0, count).sort(byTime);
    this.waitingChars -= charsOf(entries);
    this.labelChars -= labelCharsOf(entries);
    const dropped = this.dropped;
    this.dropped = [];
    this.droppedChars = 0;
    return frameOf(entries, dropped, this.options.flags);
  }

  private take(batch: Batch, matches: (labels: Batch['streams'][0]['labels']) => boolean, pipeline: ReturnType<typeof buildPipeline>): void {
    const arrivedMs = this.options.now();
    if (this.seen && arrivedMs >= this.seenUntilMs) {
      this.seen = undefined;
    }
    for (const stream of batch.streams) {
      if (!matches(stream.labels)) {
        continue;
      }
      const chunk = chunkOfEntries(stream, labelsText(stream.labels));
      const run = pipeline.forStream(stream.labels);
      for (let i = 0; i < chunk.count; i++) {
        const processed = run.process(chunk, i);
        if (processed) {
          const { line, labels } = processed;
          const entry = { tsNs: chunk.baseNs + BigInt(chunk.times[i]), line, labels, key: labels.key, arrivedMs };
          if (!this.seen || !this.wasSeen(entry)) {
            this.queue(entry);
          }
        }
      }
    }
    if (this.waiting.length > 0 || this.dropped.length > 0) {
      this.wake();
    }
  }

  private queue(entry: TailEntry): void {
    const { line, key, tsNs, labels } = entry;
    const room = this.waiting.length < entriesPerFrameMax * framesWaitingMax && this.waitingChars + line.length <= waitingCharsMax && this.labelChars + key.length <= labelCharsMax;
    if (room || this.waiting.length === 0) {
      this.waiting.push(entry);
      this.waitingChars += line.length;
      this.labelChars += key.length;
    } else {
      this.drop(tsNs, labels, key.length);
    }
  }

  private drop(tsNs: bigint, labels: TailEntry['labels'], chars: number): void {
    if (this.dropped.length < droppedReportedMax && this.droppedChars + chars <= droppedCharsMax) {
      this.dropped.push({ tsNs, labels });
      this.droppedChars += chars;
    }
  }

  private miss(stream: Labels, tsNs: bigint): void {
    this.drop(tsNs, { stream, structured: noLabels, parsed: noLabels, all: stream }, labelsText(stream).length);
    this.wake();
  }
}

/** Takes away the oldest of a backlog that is larger than what may wait. */
function cutToNewest(entries: TailEntry[]): void {
  let chars = 0;
  let labelChars = 0;
  const cut = entries.findLastIndex(({ line, key }) => (chars += line.length) > waitingCharsMax || (labelChars += key.length) > labelCharsMax);
  entries.splice(0, cut + 1);
}

const byTime = (a: TailEntry, b: TailEntry): number => (a.tsNs < b.tsNs ? -1 : a.tsNs > b.tsNs ? 1 : 0);
const charsOf = (entries: TailEntry[]): number => entries.reduce((sum, { line }) => sum + line.length, 0);
const labelCharsOf = (entries: TailEntry[]): number => entries.reduce((sum, { key }) => sum + key.length, 0);
const identity = ({ tsNs, key, line }: TailEntry): string => `${tsNs} ${key} ${line}`;

/** Entries in their order; neighbours of one set of labels share a stream, so that a client that prints stream by stream keeps the order. */
function frameOf(entries: TailEntry[], dropped: Array<Pick<TailEntry, 'tsNs' | 'labels'>>, flags: ReadonlySet<EncodingFlag>): TailFrame {
  const categorize = flags.has('categorize-labels');
  const streams: TailFrame['streams'] = [];
  let last: string | undefined;
  for (const { tsNs, line, labels, key } of entries) {
    const name = categorize ? labelsText(labels.stream) : key;
    if (name !== last) {
      streams.push({ stream: labelsObject(categorize ? labels.stream : labels.all), values: [] });
      last = name;
    }
    const entry: WireEntry = categorize ? [String(tsNs), line, categories(labels)] : [String(tsNs), line];
    streams[streams.length - 1].values.push(entry);
  }
  return {
    streams,
    ...(dropped.length > 0 ? { dropped_entries: dropped.map(({ tsNs, labels }) => ({ timestamp: String(tsNs), labels: labelsObject(labels.all) })) } : {}),
    ...(flags.size > 0 ? { encodingFlags: [...flags] } : {}),
  };
}

function categories({ structured, parsed }: TailEntry['labels']): { structuredMetadata?: Record<string, string>; parsed?: Record<string, string> } {
  return {
    ...(structured.size > 0 ? { structuredMetadata: labelsObject(structured) } : {}),
    ...(parsed.size > 0 ? { parsed: labelsObject(parsed) } : {}),
  };
}
