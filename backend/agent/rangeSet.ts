/**
 * What of a growing sequence of bytes is finished: everything below `low`, and islands above it. Ranges are half open.
 * Finishing in order costs no memory.
 */
export class RangeSet {
  /** Sorted, apart from each other and above `low`. */
  private islands: Array<[number, number]> = [];

  constructor(public low: number) {}

  add(start: number, end: number): void {
    if (end <= this.low) {
      return;
    }
    if (start <= this.low) {
      this.low = end;
      this.absorb();
      return;
    }
    let i = this.islands.length;
    while (i > 0 && this.islands[i - 1][0] > start) {
      i--;
    }
    this.islands.splice(i, 0, [start, end]);
    this.join(Math.max(0, i - 1));
  }

  /** True when all of [start, end) is finished. */
  covers(start: number, end: number): boolean {
    return end <= this.low || this.islands.some(([from, to]) => from <= Math.max(start, this.low) && end <= to);
  }

  get ranges(): ReadonlyArray<readonly [number, number]> {
    return this.islands;
  }

  /** Merges the island at `from` and the one after it with what they touch. */
  private join(from: number): void {
    let i = from;
    while (i + 1 < this.islands.length && i <= from + 1) {
      const [here, next] = [this.islands[i], this.islands[i + 1]];
      if (next[0] > here[1]) {
        i++;
        continue;
      }
      here[1] = Math.max(here[1], next[1]);
      this.islands.splice(i + 1, 1);
    }
  }

  private absorb(): void {
    while (this.islands.length > 0 && this.islands[0][0] <= this.low) {
      this.low = Math.max(this.low, this.islands[0][1]);
      this.islands.shift();
    }
  }
}
