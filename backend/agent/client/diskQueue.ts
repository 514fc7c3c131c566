import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

/** A batch at rest: what the sender needs, and what it finishes (as `Positions` writes ranges). */
export interface StoredBatch {
  tenant: string;
  sequence: number;
  entries: number;
  bytes: number;
  ranges: Record<string, number[]>;
  body: Buffer;
}

type Header = Omit<StoredBatch, 'body'>;

interface Stored {
  file: string;
  bytesOnDisk: number;
  header: Header;
}

/**
 * Batches of one client that wait on disk for a server that is away, oldest first. A batch is a file: a line of JSON, then the body. It is
 * there completely or not at all (written aside, synced, renamed). Bounded by size: when it is full, `append` refuses and the sources
 * wait, so what was read first is kept.
 */
export class DiskQueue {
  private readonly stored: Stored[] = [];
  private bytesOnDisk = 0;
  private made = false;

  private constructor(
    readonly directory: string,
    private readonly bytesMax: number
  ) {}

  /** Opens the queue and finds what an earlier run left. A file that is damaged is moved aside and reported. */
  static open(directory: string, bytesMax: number, damaged: (problem: string) => void): DiskQueue {
    const queue = new DiskQueue(directory, bytesMax);
    for (const name of listed(directory)) {
      const file = path.join(directory, name);
      if (name.endsWith('.tmp')) {
        // Torn by a crash before it counted: its lines are read again.
        rmSync(file, { force: true });
      } else if (name.endsWith('.batch')) {
        queue.take(file, damaged);
      }
    }
    return queue;
  }

  private take(file: string, damaged: (problem: string) => void): void {
    try {
      const { body, ...header } = readBatch(file);
      this.note(file, header, body.length);
    } catch (error) {
      renameSync(file, `${file}.damaged`);
      damaged(`${(error as Error).message}`);
    }
  }

  get length(): number {
    return this.stored.length;
  }

  get headers(): Header[] {
    return this.stored.map((item) => item.header);
  }

  /** False when there is no room. */
  append(batch: StoredBatch): boolean {
    if (this.stored.length > 0 && this.bytesOnDisk + batch.body.length > this.bytesMax) {
      return false;
    }
    if (!this.made) {
      mkdirSync(this.directory, { recursive: true, mode: 0o700 });
      this.made = true;
    }
    const { body, ...header } = batch;
    // The tenants of a client count their sequences apart, so the name starts with the order of arrival.
    const order = this.stored.length === 0 ? 1 : Number(path.basename(this.stored[this.stored.length - 1].file).slice(0, 12)) + 1;
    const file = path.join(this.directory, `${String(order).padStart(12, '0')}.batch`);
    const fd = openSync(`${file}.tmp`, 'w', 0o600);
    try {
      writeSync(fd, `${JSON.stringify(header)}\n`);
      writeSync(fd, body);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(`${file}.tmp`, file);
    this.note(file, header, body.length);
    return true;
  }

  /** The oldest batch of a tenant, read from disk; undefined when there is none. */
  oldest(tenant: string): StoredBatch | undefined {
    const item = this.stored.find(({ header }) => header.tenant === tenant);
    return item && readBatch(item.file);
  }

  has(tenant: string): boolean {
    return this.stored.some(({ header }) => header.tenant === tenant);
  }

  remove(tenant: string, sequence: number): void {
    const i = this.stored.findIndex(({ header }) => header.tenant === tenant && header.sequence === sequence);
    if (i >= 0) {
      const [item] = this.stored.splice(i, 1);
      this.bytesOnDisk -= item.bytesOnDisk;
      rmSync(item.file, { force: true });
    }
  }

  private note(file: string, header: Header, bytesOnDisk: number): void {
    this.stored.push({ file, header, bytesOnDisk });
    this.bytesOnDisk += bytesOnDisk;
  }
}

function listed(directory: string): string[] {
  return statSync(directory, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(directory).sort() : [];
}

function readBatch(file: string): StoredBatch {
  const bytes = readFileSync(file);
  const end = bytes.indexOf(0x0a);
  try {
    return { ...(JSON.parse(bytes.subarray(0, end).toString('utf8')) as Header), body: bytes.subarray(end + 1) };
  } catch (error) {
    throw new Error(`queue file ${file} is damaged`, { cause: error });
  }
}
