import { streamEntries, timesSpanNsMax, type StreamEntries } from '../model/entry';
import { noLabels, type Labels } from '../model/labels';
import { RequestError, badRequest } from '../model/errors';
import { keepShape } from '../runtime/shapes';

/** Streams one request may carry: each costs some two thousand bytes here, whatever is in it. Larger pushes have to be cut. */
const streamsPerRequestMax = 10_000;

/** Entries one request may carry: some 60 bytes each in columns, here and on their way to the disk, however short their lines are. */
const entriesPerRequestMax = 500_000;

/** Seconds that still fit 64 bits as nanoseconds: the years 1678 to 2262. */
const secondsMax = 9_223_372_035;

const spanNsMax = Number(timesSpanNsMax);

/**
 * Collects the streams of one request into columns without an object per line. All streams share three growing columns and the
 * request's body; each stream is a view on its part.
 */
export class StreamBuilder {
  private starts = new Uint32Array(1_024);
  private ends = new Uint32Array(1_024);
  private times = new Float64Array(1_024);
  private count = 0;
  private first = 0;
  private labels: Labels = noLabels;
  private begun = false;
  private baseSeconds = 0;
  private baseNanos = 0;
  private metadata: Array<Labels | undefined> | undefined;
  private readonly done: Array<Pick<StreamEntries, 'labels' | 'count' | 'baseNs' | 'metadata'> & { first: number }> = [];

  /** Ends the stream before and starts one. A stream without entries leaves nothing behind, unless there is no other. */
  begin(labels: Labels): void {
    this.finish();
    this.labels = labels;
    this.begun = true;
  }

  /** Adds the line `[start, end)` of the body at `seconds` and `nanos` since 1970 (`nanos` may be negative or above a second). */
  add(seconds: number, nanos: number, start: number, end: number, metadata?: Labels): void {
    if (!(seconds <= secondsMax && seconds >= -secondsMax)) {
      throw badRequest(`timestamp out of range: ${seconds} seconds since 1970`);
    }
    let at = this.count - this.first;
    if (at === 0) {
      this.setBase(seconds, nanos);
    }
    let time = (seconds - this.baseSeconds) * 1e9 + (nanos - this.baseNanos);
    if (time >= spanNsMax || time <= -spanNsMax) {
      this.finish();
      this.setBase(seconds, nanos);
      at = 0;
      time = 0;
    }
    if (this.count === this.starts.length) {
      if (this.count >= entriesPerRequestMax) {
        throw new RequestError(413, `more than ${entriesPerRequestMax} entries in one push; send smaller batches`);
      }
      this.grow();
    }
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.times[this.count++] = time;
    if (metadata) {
      this.metadata ??= new Array<Labels | undefined>(at).fill(undefined);
    }
    this.metadata?.push(metadata);
  }

  /**
   * Everything that was added. The builder is used up.
   * @param body holds every line that was added; the streams refer to it.
   */
  streams(body: Uint8Array): StreamEntries[] {
    this.finish();
    if (this.done.length === 0 && this.begun) {
      // A push of streams without entries is empty, but not a push without streams, which is an error.
      this.done.push({ labels: this.labels, count: 0, baseNs: 0n, metadata: undefined, first: 0 });
    }
    return this.done.map(({ labels, baseNs, metadata, first, count }) => {
      const end = first + count;
      return streamEntries(labels, baseNs, this.times.subarray(first, end), body, this.starts.subarray(first, end), this.ends.subarray(first, end), metadata, undefined);
    });
  }

  private setBase(seconds: number, nanos: number): void {
    this.baseSeconds = seconds;
    this.baseNanos = nanos;
  }

  private finish(): void {
    const count = this.count - this.first;
    if (count === 0) {
      return;
    }
    if (this.done.length === streamsPerRequestMax) {
      throw new RequestError(413, `more than ${streamsPerRequestMax} streams in one push; send smaller batches or use fewer labels`);
    }
    this.done.push({
      labels: this.labels,
      count,
      baseNs: BigInt(this.baseSeconds) * 1_000_000_000n + BigInt(this.baseNanos),
      metadata: this.metadata,
      first: this.first,
    });
    this.first = this.count;
    this.metadata = undefined;
  }

  private grow(): void {
    const length = Math.min(this.starts.length * 2, entriesPerRequestMax);
    const starts = new Uint32Array(length);
    const ends = new Uint32Array(length);
    const times = new Float64Array(length);
    starts.set(this.starts);
    ends.set(this.ends);
    times.set(this.times);
    this.starts = starts;
    this.ends = ends;
    this.times = times;
  }
}

keepShape(new StreamBuilder());
