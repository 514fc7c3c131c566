import { createReadStream } from 'node:fs';
import { PassThrough, type Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import unbzip2 from 'unbzip2-stream';
import { DecompressStream } from 'zstd-napi';
import { textOfBytes } from '../bytes';
import type { Compression } from '../config/scrape';
import type { LabelSet } from '../labelSet';
import type { Log } from '../log';
import type { AgentMetrics } from '../metrics';
import type { JobOutput } from '../output';
import type { Positions } from '../positions/positions';
import { Tracker } from '../tracker';
import { lineBytesMax } from './lines';

export interface CompressedShared {
  positions: Positions;
  metrics: AgentMetrics;
  log: Log;
  clients: number;
}

/** How long to wait when outputs are full. */
const waitMs = 20;

/** Lines read between two chances for the rest of the agent. */
const linesPerSlice = 1_000;

/**
 * A compressed file, read once from start to end. The position counts lines: those below it are decompressed and passed over.
 */
export class CompressedFile {
  private stopped = false;
  private line = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly path: string,
    private readonly labels: LabelSet,
    private readonly compression: { format: Compression; delayMs: number },
    private readonly output: JobOutput,
    private readonly shared: CompressedShared
  ) {}

  start(): void {
    this.timer = setTimeout(() => {
      this.read().catch((error: unknown) => {
        this.shared.metrics.targetsFailed.inc({ reason: 'decompression' });
        this.shared.log.error('cannot decompress file', { path: this.path, format: this.compression.format, error: (error as Error).message });
      });
    }, this.compression.delayMs);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    const { metrics } = this.shared;
    metrics.readBytes.remove({ path: this.path });
    metrics.readLines.remove({ path: this.path });
  }

  private async read(): Promise<void> {
    const { positions, metrics } = this.shared;
    const first = positions.offset(this.path) ?? 0;
    const tracker = new Tracker(0, this.shared.clients, first);
    const note = () => positions.setCursor(this.path, String(tracker.low));
    tracker.onProgress = note;
    note();
    let rest: Buffer = Buffer.alloc(0);
    for await (const part of decompressed(this.path, this.compression.format)) {
      rest = rest.length > 0 ? Buffer.concat([rest, part as Buffer]) : (part as Buffer);
      let start = 0;
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a, start)) {
        await this.take(rest, start, end, first, tracker);
        if (this.stopped) {
          return;
        }
        start = end + 1;
      }
      rest = rest.subarray(start);
      if (rest.length > lineBytesMax) {
        await this.take(rest, 0, rest.length, first, tracker);
        rest = Buffer.alloc(0);
      }
    }
    if (rest.length > 0) {
      await this.take(rest, 0, rest.length, first, tracker);
    }
    metrics.readLines.inc({ path: this.path }, 0);
  }

  private async take(bytes: Buffer, start: number, end: number, first: number, tracker: Tracker): Promise<void> {
    const number = this.line++;
    if (number < first) {
      return;
    }
    while (this.output.paused && !this.stopped) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    if (this.stopped) {
      return;
    }
    // Here, unlike in plain files, Promtail counts a carriage return to the line ending.
    const stop = end > start && bytes[end - 1] === 0x0d ? end - 1 : end;
    this.output.text(this.labels, textOfBytes(bytes, start, stop), [{ tracker, start: number, end: number + 1 }]);
    this.shared.metrics.readLines.inc({ path: this.path });
    if (number % linesPerSlice === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function decompressed(path: string, format: Compression): AsyncIterable<unknown> {
  const source = createReadStream(path);
  const into = (stream: NodeJS.ReadWriteStream) => {
    source.on('error', (error) => stream.emit('error', error));
    return source.pipe(stream);
  };
  switch (format) {
    case 'gz':
      return into(createGunzip()) as unknown as Readable;
    case 'z':
      return into(createInflate()) as unknown as Readable;
    case 'bz2':
      return modern(into(unbzip2()));
    case 'zst':
      return into(new DecompressStream()) as unknown as Readable;
  }
}

/** A stream of Node's first kind, read as one of today: it closes before its last bytes are read, and fails before what it had made out is. */
async function* modern(old: NodeJS.ReadWriteStream & { paused?: boolean }): AsyncGenerator<unknown> {
  const stream = new PassThrough();
  let failed: Error | undefined;
  old.on('error', (error) => {
    // Where the bytes end too early, or lie, the decoder meets what it does not expect.
    failed = error instanceof TypeError ? new Error('the file is damaged or ends too early') : error;
    const end = () => stream.end();
    if (old.paused) {
      old.once('drain', end);
    } else {
      end();
    }
  });
  // Not by pipe: that lets go at the first error.
  old.on('data', (part: Buffer) => void (stream.write(part) || old.pause()));
  old.on('end', () => stream.end());
  stream.on('drain', () => old.resume());
  yield* stream;
  if (failed) {
    throw failed;
  }
}
