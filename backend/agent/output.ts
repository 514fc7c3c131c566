import { textOfBytes } from './bytes';
import type { EntrySink } from './client/client';
import type { LineClock } from './clock';
import type { Entry } from './entry';
import type { LabelSet } from './labelSet';
import type { RateGate } from './rateGate';
import type { Pipeline } from './stages/pipeline';
import type { Tracker } from './tracker';

/**
 * Where the lines of one job go: through its stages, then to every client. Without stages the bytes of a line are copied from the read
 * buffer straight into a batch.
 */
export class JobOutput {
  constructor(
    readonly jobName: string,
    readonly pipeline: Pipeline | undefined,
    private readonly sinks: readonly EntrySink[],
    private readonly clock: LineClock,
    private readonly gate: RateGate | undefined
  ) {}

  /** To be asked before each piece of work, and after a line when `throttledMs` may change: too much is on the way, or a limit says wait. */
  get paused(): boolean {
    return this.throttledMs > 0 || this.sinks.some((sink) => sink.full);
  }

  /** How long a limit wants no more lines; 0 when it does not. */
  get throttledMs(): number {
    return Math.max(this.pipeline?.throttledMs ?? 0, this.gate?.waitMs ?? 0);
  }

  /** True when no line needs to become an object. */
  get plain(): boolean {
    return this.pipeline === undefined && this.gate === undefined;
  }

  /** A line as it lies in a buffer, read at [from, to) of a source. The buffer may be used again afterwards. */
  line(labels: LabelSet, source: Buffer, start: number, end: number, tracker: Tracker, from: number, to: number): void {
    if (tracker.isRepeated(from, to)) {
      return;
    }
    this.clock.step();
    if (this.plain) {
      for (const sink of this.sinks) {
        sink.addBytes(labels, this.clock.nowSeconds, this.clock.nowNanos, source, start, end, tracker, from, to);
      }
      return;
    }
    this.enter(labels, textOfBytes(source, start, end), this.clock.nowNs, [{ tracker, start: from, end: to }]);
  }

  /** A line as text, at the time it was read unless it brings its own. */
  text(labels: LabelSet, line: string, origins: Entry['origins'], tsNs?: bigint, metadata?: Entry['metadata']): void {
    this.clock.step();
    this.enter(labels, line, tsNs ?? this.clock.nowNs, origins, metadata);
  }

  private enter(labels: LabelSet, line: string, tsNs: bigint, origins: Entry['origins'], metadata?: Entry['metadata']): void {
    const entry: Entry = { labels, extracted: new Map(), tsNs, line, metadata, origins };
    if (this.pipeline) {
      this.pipeline.process(entry, (out) => this.leave(out));
    } else {
      this.leave(entry);
    }
  }

  private leave(entry: Entry): void {
    if (this.gate && !this.gate.pass()) {
      this.gate.dropped();
      entry.origins.forEach(({ tracker, start, end }) => tracker.drop(start, end));
      return;
    }
    for (const sink of this.sinks) {
      sink.add(entry);
    }
  }
}
