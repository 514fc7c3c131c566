import { tooMany } from '../model/errors';

/** Requests that may wait for room. Each holds a connection and what the kernel and Node read ahead of it, some 64 KB. */
const waitingMax = 256;

/**
 * Bytes that requests under way may hold together. Who does not fit waits its turn; who waits too long, or finds a long queue, is told
 * 429, so that the client backs off instead of the server growing.
 */
export class ByteBudget {
  private used = 0;
  private readonly waiting: Array<{ bytes: number; go: () => void }> = [];

  /** @param what is waited for, in the words of the error. */
  constructor(
    readonly bytesMax: number,
    private readonly waitMsMax: number,
    private readonly what: string
  ) {}

  /** Resolves when so many bytes are reserved; the caller gives them back with `release`. One request never needs more than all. */
  async reserve(bytes: number): Promise<number> {
    const wanted = Math.min(bytes, this.bytesMax);
    if (this.waiting.length === 0 && this.used + wanted <= this.bytesMax) {
      this.used += wanted;
      return wanted;
    }
    await this.turn(wanted);
    return wanted;
  }

  /** Whether more is used than may be, since `settle` found more than was reserved. */
  get exceeded(): boolean {
    return this.used > this.bytesMax;
  }

  /** Resolves when it is no longer exceeded. Others are told at the same moment, so look again before doing anything. */
  relaxed(): Promise<void> {
    return this.turn(0);
  }

  private turn(bytes: number): Promise<void> {
    if (this.waiting.length >= waitingMax) {
      return Promise.reject(this.full());
    }
    return new Promise<void>((resolve, reject) => {
      const place = {
        bytes,
        go: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(place), 1);
        this.admit();
        reject(this.full());
      }, this.waitMsMax);
      // who holds something already goes first: only so does it come free
      this.waiting[bytes === 0 ? 'unshift' : 'push'](place);
    });
  }

  /** More for a request that is under way and can't wait. Throws 429 when there is no room. */
  extend(bytes: number): void {
    if (this.used + bytes > this.bytesMax) {
      throw this.full();
    }
    this.used += bytes;
  }

  /** What was reserved as an estimate is now known to be another number, which is there already. */
  settle(reserved: number, bytes: number): void {
    this.used += bytes - reserved;
    this.admit();
  }

  release(bytes: number): void {
    this.used -= bytes;
    this.admit();
  }

  private admit(): void {
    while (this.waiting.length > 0 && this.used + this.waiting[0].bytes <= this.bytesMax) {
      const next = this.waiting.shift() as (typeof this.waiting)[0];
      this.used += next.bytes;
      next.go();
    }
  }

  private full(): Error {
    return tooMany(`${this.what} hold ${Math.round(this.used / 1024)} kB of the ${Math.round(this.bytesMax / 1024)} kB they may use; send again later`, 2);
  }
}
