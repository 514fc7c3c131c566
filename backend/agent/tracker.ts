import { RangeSet } from './rangeSet';

/**
 * Follows what a source has read through the pipeline to the servers: a line is a range of the source's offsets (bytes of a file,
 * numbers of journal entries), and is finished for a client when the server acknowledged it, a stage dropped it, or the client gave it up.
 * A source may forget (move its stored position over) only what is finished for every client.
 */
export class Tracker {
  private readonly finished: RangeSet[];
  /** Lines that begin below this may be finished already although they are read again (see `restore`). */
  skipBelow = 0;
  /** Called after something was finished. */
  onProgress: (() => void) | undefined;

  /** @param id names the source in the journal of positions. */
  constructor(readonly id: number, clients: number, low: number) {
    this.finished = Array.from({ length: clients }, () => new RangeSet(low));
  }

  finish(client: number, start: number, end: number): void {
    this.finished[client].add(start, end);
    this.onProgress?.();
  }

  /** Nobody will get these lines: a stage dropped them. */
  drop(start: number, end: number): void {
    for (const set of this.finished) {
      set.add(start, end);
    }
    this.onProgress?.();
  }

  /** Where reading has to start again after a crash. */
  get low(): number {
    let low = Infinity;
    for (const set of this.finished) {
      low = Math.min(low, set.low);
    }
    return low;
  }

  isFinished(client: number, start: number, end: number): boolean {
    return this.finished[client].covers(start, end);
  }

  isFinishedForAll(start: number, end: number): boolean {
    return this.finished.every((set) => set.covers(start, end));
  }

  /** True for a line that was delivered before a restart. */
  isRepeated(start: number, end: number): boolean {
    return start < this.skipBelow && this.isFinishedForAll(start, end);
  }

  /** Per client: the low mark, then start and end of each island above it. */
  state(): number[][] {
    return this.finished.map((set) => [set.low, ...set.ranges.flat()]);
  }

  restore(state: readonly number[][]): void {
    state.forEach((numbers, client) => {
      const [low, ...islands] = numbers;
      const set = this.finished[client];
      set.add(0, low);
      this.skipBelow = Math.max(this.skipBelow, low, ...islands);
      for (let i = 0; i + 1 < islands.length; i += 2) {
        set.add(islands[i], islands[i + 1]);
      }
    });
  }
}
