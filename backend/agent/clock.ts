/**
 * The time a line was read, in nanoseconds, never the same twice: lines that are equal in text and time would be one line to a
 * server (Loki and Binocle keep such an entry once).
 */
export class LineClock {
  private seconds = 0;
  private nanos = 0;

  /** Moves to now; called once per piece of work, not per line. */
  refresh(): void {
    const nowMs = Date.now();
    const seconds = Math.floor(nowMs / 1_000);
    const nanos = (nowMs % 1_000) * 1_000_000;
    if (seconds > this.seconds || (seconds === this.seconds && nanos > this.nanos)) {
      this.seconds = seconds;
      this.nanos = nanos;
    }
  }

  /** Steps on by a nanosecond: afterwards `nowSeconds` and `nowNanos` are a time not given out before. */
  step(): void {
    this.nanos++;
    if (this.nanos === 1_000_000_000) {
      this.nanos = 0;
      this.seconds++;
    }
  }

  get nowSeconds(): number {
    return this.seconds;
  }

  get nowNanos(): number {
    return this.nanos;
  }

  get nowNs(): bigint {
    return BigInt(this.seconds) * 1_000_000_000n + BigInt(this.nanos);
  }
}
