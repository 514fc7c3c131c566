import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import type { LabelSet } from '../labelSet';
import type { Fingerprint } from '../positions/positions';
import type { Tracker } from '../tracker';

/** How many of the first bytes tell a file from another one. */
const fingerprintBytesMax = 1_024;

/** How many bytes before the reading position are compared, to notice a file that was cut and has grown past the position again. */
const anchorBytes = 32;

/** One file on disk (not one path): where reading stands, and how to recognise it. */
export class OpenFile {
  fd: number | undefined;
  /** Byte up to which lines were handed on. */
  read: number;
  fingerprint: Fingerprint = { length: 0, digest: '' };
  /** The bytes before `read`. */
  private anchor = Buffer.alloc(0);
  mtimeMs = -1;
  size = -1;
  /** When it last grew (of `Date.now`). */
  grownMs: number;
  /** When it was last looked at, once its path has left it. */
  lookedMs: number;
  /** Labels to use once the end is reached: the file was renamed to another path of the target. */
  labelsNext: LabelSet | undefined;
  private begun = false;
  /** Order of use of the descriptors. */
  usedAt = 0;

  constructor(
    readonly dev: number,
    readonly ino: number,
    public path: string,
    public labels: LabelSet,
    readonly tracker: Tracker,
    nowMs: number
  ) {
    this.read = tracker.low;
    this.grownMs = nowMs;
    this.lookedMs = nowMs;
  }

  close(): void {
    if (this.fd !== undefined) {
      closeSync(this.fd);
      this.fd = undefined;
    }
  }

  isSame(stats: Stats): boolean {
    return stats.ino === this.ino && stats.dev === this.dev;
  }

  /** To be called before each reading: what turned out to be delivered before the first one is not read. */
  begin(): void {
    if (!this.begun) {
      this.begun = true;
      this.read = this.tracker.low;
    }
  }

  /** Looks at the descriptor; the path may belong to another file already. */
  stat(): Stats | undefined {
    return this.fd === undefined ? undefined : fstatSync(this.fd);
  }

  /** True when what was read is still there: the first bytes, and those before the reading position. */
  unchanged(scratch: Buffer): boolean {
    const { fd, fingerprint, anchor } = this;
    if (fd === undefined) {
      return true;
    }
    if (fingerprint.length > 0 && digestOf(fd, fingerprint.length, scratch) !== fingerprint.digest) {
      return false;
    }
    if (anchor.length === 0) {
      return true;
    }
    const length = readSync(fd, scratch, 0, anchor.length, this.read - anchor.length);
    return length === anchor.length && anchor.equals(scratch.subarray(0, length));
  }

  /** Lines up to `read` were handed on; `tail` ends with the bytes before it. */
  advance(read: number, tail: Uint8Array): void {
    this.read = read;
    const bytes = tail.subarray(Math.max(0, tail.length - anchorBytes));
    if (bytes.length === this.anchor.length) {
      this.anchor.set(bytes);
    } else {
      this.anchor = Buffer.from(bytes);
    }
  }

  /** Takes more of the first bytes into the fingerprint; true when it has changed. */
  learn(size: number, scratch: Buffer): boolean {
    const length = Math.min(fingerprintBytesMax, size);
    if (this.fd === undefined || length <= this.fingerprint.length) {
      return false;
    }
    this.fingerprint = { length, digest: digestOf(this.fd, length, scratch) };
    return true;
  }
}

export function digestOf(fd: number, length: number, scratch: Buffer): string {
  const read = readSync(fd, scratch, 0, length, 0);
  return createHash('sha1').update(scratch.subarray(0, read)).digest('hex');
}

/** Opens a path for reading; symbolic links are followed. */
export function openForReading(path: string): number {
  return openSync(path, 'r');
}
