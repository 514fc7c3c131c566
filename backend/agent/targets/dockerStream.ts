export type DockerStreamName = 'stdout' | 'stderr';

/** A line of a container's log. */
export interface DockerLine {
  stream: DockerStreamName;
  tsNs: bigint | undefined;
  text: Buffer;
}

/** Docker cuts long lines into frames; they are joined up to this size, as in Promtail. */
const lineBytesMax = 262_144;

/**
 * Takes Docker's log stream apart. Without a terminal it is multiplexed: frames of a stream number, three zeros, a length (big endian) and
 * bytes; with a terminal it is plain. With `timestamps=1` each piece of a line begins with an RFC 3339 time and a blank.
 */
export class DockerStream {
  private rest: Buffer = Buffer.alloc(0);
  private readonly lines: Record<DockerStreamName, { parts: Buffer[]; length: number; tsNs: bigint | undefined }> = {
    stdout: { parts: [], length: 0, tsNs: undefined },
    stderr: { parts: [], length: 0, tsNs: undefined },
  };

  constructor(
    private readonly terminal: boolean,
    private readonly found: (line: DockerLine) => void
  ) {}

  push(bytes: Buffer): void {
    this.rest = this.rest.length > 0 ? Buffer.concat([this.rest, bytes]) : bytes;
    if (this.terminal) {
      const end = this.rest.lastIndexOf(0x0a) + 1;
      this.pieces('stdout', this.rest.subarray(0, end));
      this.rest = this.rest.subarray(end);
      return;
    }
    while (this.rest.length >= 8) {
      const length = this.rest.readUInt32BE(4);
      if (this.rest.length < 8 + length) {
        return;
      }
      this.pieces(this.rest[0] === 2 ? 'stderr' : 'stdout', this.rest.subarray(8, 8 + length));
      this.rest = this.rest.subarray(8 + length);
    }
  }

  private pieces(stream: DockerStreamName, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const feed = bytes.indexOf(0x0a, at);
      const end = feed < 0 ? bytes.length : feed;
      this.piece(stream, bytes.subarray(at, end), feed >= 0);
      at = end + 1;
    }
  }

  private piece(stream: DockerStreamName, bytes: Buffer, last: boolean): void {
    const line = this.lines[stream];
    const space = bytes.indexOf(0x20);
    const tsNs = space > 0 ? readTime(bytes.toString('latin1', 0, Math.min(space, timeBytesMax))) : undefined;
    const text = tsNs === undefined ? bytes : bytes.subarray(space + 1);
    line.tsNs ??= tsNs;
    line.parts.push(Buffer.from(text));
    line.length += text.length;
    if (last || line.length >= lineBytesMax) {
      this.found({ stream, tsNs: line.tsNs, text: Buffer.concat(line.parts) });
      this.lines[stream] = { parts: [], length: 0, tsNs: undefined };
    }
  }
}

const timeBytesMax = 40;

function readTime(text: string): bigint | undefined {
  const [, seconds, fraction = '', zone] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  return seconds === undefined ? undefined : BigInt(Date.parse(seconds + zone)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
