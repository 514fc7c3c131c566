/** A token bucket as Go's x/time/rate: `burst` at once, then `perSecond`. */
export class TokenBucket {
  private tokens: number;
  private lastMs: number;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    private readonly now: () => number = () => performance.now()
  ) {
    this.tokens = burst;
    this.lastMs = now();
  }

  /** Takes a token if there is one. */
  allow(): boolean {
    this.refill();
    if (this.tokens < 1) {
      return false;
    }
    this.tokens--;
    return true;
  }

  /** Takes a token that may only come in the future; answers how long to wait, in milliseconds. */
  reserve(): number {
    this.refill();
    this.tokens--;
    return this.waitMs;
  }

  get waitMs(): number {
    this.refill();
    return this.tokens >= 0 ? 0 : this.perSecond > 0 ? (-this.tokens / this.perSecond) * 1_000 : Infinity;
  }

  private refill(): void {
    const nowMs = this.now();
    this.tokens = Math.min(this.burst, this.tokens + ((nowMs - this.lastMs) / 1_000) * this.perSecond);
    this.lastMs = nowMs;
  }
}

/** `limits_config.readline_rate`: one limit for all jobs, behind the stages. */
export class RateGate {
  private readonly bucket: TokenBucket;

  constructor(
    perSecond: number,
    burst: number,
    private readonly drop: boolean,
    readonly dropped: () => void
  ) {
    this.bucket = new TokenBucket(perSecond, burst);
  }

  /** False when the line is to be dropped. */
  pass(): boolean {
    if (this.drop) {
      return this.bucket.allow();
    }
    // The line goes on; sources read no further until the bucket allows it.
    this.bucket.reserve();
    return true;
  }

  get waitMs(): number {
    return this.drop ? 0 : this.bucket.waitMs;
  }
}
