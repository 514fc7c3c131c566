import type { LabelSet } from '../labelSet';
import type { Tracker } from '../tracker';
import { encodePush, StreamEncoder } from './encode';

/** What a batch finishes when it is acknowledged: per source the ranges start, end, start, end, ... */
export type Ranges = Map<Tracker, number[]>;

/** Entries of one tenant that travel together. */
export class Batch {
  private readonly streams = new Map<LabelSet, StreamEncoder>();
  private readonly streamsByText = new Map<string, StreamEncoder>();
  readonly ranges: Ranges = new Map();
  private lastTracker: Tracker | undefined;
  private lastRanges: number[] = [];
  /** Bytes of lines (and metadata), as Promtail counts a batch. */
  bytes = 0;
  entries = 0;

  add(labels: LabelSet, seconds: number, nanos: number, source: Uint8Array, start: number, end: number, metadata?: Uint8Array): void {
    this.stream(labels).add(seconds, nanos, source, start, end, metadata);
    this.bytes += end - start + (metadata?.length ?? 0);
    this.entries++;
  }

  /** This batch finishes [start, end) of a source. */
  cover(tracker: Tracker, start: number, end: number): void {
    if (tracker !== this.lastTracker) {
      this.lastTracker = tracker;
      const known = this.ranges.get(tracker);
      this.lastRanges = known ?? [];
      if (!known) {
        this.ranges.set(tracker, this.lastRanges);
      }
    }
    const ranges = this.lastRanges;
    if (ranges.length > 0 && ranges[ranges.length - 1] === start) {
      ranges[ranges.length - 1] = end;
    } else {
      ranges.push(start, end);
    }
  }

  /** The compressed body. */
  encode(): Buffer {
    return encodePush(this.streamsByText.values());
  }

  private stream(labels: LabelSet): StreamEncoder {
    let stream = this.streams.get(labels);
    if (!stream) {
      stream = this.streamsByText.get(labels.text);
      if (!stream) {
        stream = new StreamEncoder(labels);
        this.streamsByText.set(labels.text, stream);
      }
      this.streams.set(labels, stream);
    }
    return stream;
  }
}
