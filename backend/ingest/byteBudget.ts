import { tooMany } from '../model/errors';

/**
 * Bytes that requests under way may hold together. Who does not fit waits its turn; who waits too long is told 429, so that the client
 * backs off instead of the server growing.
 */
export class ByteBudget {
  private used = 0;
  private readonly waiting: Array<{ bytes: number; go: () => void }> = [];

  constructor(
    private readonly bytesMax: number,
    private readonly waitMsMax: number
  ) {}

  /** Resolves when so many bytes are reserved; the caller gives them back with `release`. One request never needs more than all. */
  async reserve(bytes: number): Promise<number> {
    const wanted = Math.min(bytes, this.bytesMax);
    if (this.waiting.length === 0 && this.used + wanted <= this.bytesMax) {
      this.used += wanted;
      return wanted;
    }
    await new Promise<void>((resolve, reject) => {
      const place = {
        bytes: wanted,
        go: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(place), 1);
        reject(tooMany('too many bytes of pushes are waiting to be taken in; try again', 2));
      }, this.waitMsMax);
      this.waiting.push(place);
    });
    return wanted;
  }

  /** Takes bytes that are there already, without waiting: who comes next waits until there is room again. */
  charge(bytes: number): void {
    this.used += bytes;
  }

  release(bytes: number): void {
    this.used -= bytes;
    while (this.waiting.length > 0 && this.used + this.waiting[0].bytes <= this.bytesMax) {
      const next = this.waiting.shift() as (typeof this.waiting)[0];
      this.used += next.bytes;
      next.go();
    }
  }
}
