/**
 * Cuts a TCP stream into syslog messages (RFC 6587): a message begins with its length (`123 <34>1 ...`) or ends with a line feed; a stream
 * may mix both. Messages over the limit are passed over and counted.
 */
export class SyslogFrames {
  private rest: Buffer = Buffer.alloc(0);
  private skip = 0;
  private skipLine = false;

  constructor(
    private readonly bytesMax: number,
    private readonly found: (message: Buffer) => void,
    private readonly tooLong: () => void
  ) {}

  push(bytes: Buffer): void {
    this.rest = this.rest.length > 0 ? Buffer.concat([this.rest, bytes]) : bytes;
    let at = 0;
    for (let next = this.next(at); next > at; next = this.next(at)) {
      at = next;
    }
    this.rest = Buffer.from(this.rest.subarray(at));
  }

  /** The connection has ended: what is left is a message without its ending. */
  end(): void {
    const last = this.rest;
    this.rest = Buffer.alloc(0);
    if (last.length > 0 && this.skip === 0 && !this.skipLine && last[0] === 0x3c) {
      this.found(last);
    }
  }

  /** Takes one message from `at`; answers where the next begins, or `at` when more bytes are needed. */
  private next(at: number): number {
    const { rest } = this;
    if (at >= rest.length) {
      return at;
    }
    if (this.skip > 0) {
      const taken = Math.min(this.skip, rest.length - at);
      this.skip -= taken;
      return at + taken;
    }
    if (!this.skipLine && rest[at] >= 0x31 && rest[at] <= 0x39) {
      return this.counted(at);
    }
    return this.line(at);
  }

  private counted(at: number): number {
    const { rest } = this;
    const space = rest.subarray(at, at + lengthDigitsMax + 1).indexOf(0x20);
    if (space < 0) {
      return rest.length - at > lengthDigitsMax ? this.line(at) : at;
    }
    const digits = rest.toString('latin1', at, at + space);
    if (!/^\d+$/.test(digits)) {
      return this.line(at);
    }
    const start = at + space + 1;
    const length = Number(digits);
    if (length > this.bytesMax) {
      this.tooLong();
      this.skip = length;
      return start;
    }
    if (rest.length < start + length) {
      return at;
    }
    this.found(rest.subarray(start, start + length));
    return start + length;
  }

  private line(at: number): number {
    const { rest } = this;
    const end = rest.indexOf(0x0a, at);
    const length = (end < 0 ? rest.length : end) - at;
    if (length > this.bytesMax && !this.skipLine) {
      this.tooLong();
      this.skipLine = true;
    }
    if (end < 0) {
      return this.skipLine ? rest.length : at;
    }
    if (this.skipLine) {
      this.skipLine = false;
    } else if (length > 0) {
      this.found(rest.subarray(at, end));
    }
    return end + 1;
  }
}

/** Digits of a length; no message needs more. */
const lengthDigitsMax = 8;

/** The messages of a datagram: one, as RFC 5426 has it, or several, each beginning a line; with a length in front as over TCP, or without. */
export function messagesOf(datagram: Buffer): Buffer[] {
  return datagram
    .toString('latin1')
    .split(/\n(?=(?:\d{1,8} )?<\d{1,3}>)/)
    .map((message) => Buffer.from(message.replace(/^\d{1,8} (?=<)/, ''), 'latin1'));
}
