import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import type { Response } from 'express';
import { pauseWhenLong } from '../runtime/stretch';

/** An answer of up to so many characters goes out in one piece: compressing that at once takes 2 ms, a stream of pieces three times as long. Most answers are smaller. */
const wholeChars = 512 * 1024;

/** Characters gathered before more of a larger answer goes out: big enough to be cheap, small enough to matter to nobody's memory. */
const gatherChars = 64 * 1024;

/** Quick, since clients are seldom far away: log text becomes a fifth. */
const gzipLevel = 1;

/** A client that takes nothing of its answer for so long is given up, since room for the answer is held meanwhile. */
const stalledMsMax = 10_000;

/** Writes an answer piece by piece at the pace of the client, gzipped when it asked for that, so that a large answer never exists as one text. */
export class JsonSink {
  private text = '';
  private readonly gzipped: boolean;
  /** Where pieces go, once there is more than one. */
  private out: Writable | undefined;

  constructor(
    request: IncomingMessage,
    private readonly response: Response
  ) {
    response.set('Content-Type', 'application/json; charset=UTF-8');
    response.set('Vary', 'Accept-Encoding');
    this.gzipped = acceptsGzip(request);
    if (this.gzipped) {
      response.set('Content-Encoding', 'gzip');
    }
  }

  /**
   * Await it when it answers a promise: the client is slower than we are, or it is the turn of others. What is written meanwhile is gathered,
   * however large it becomes.
   */
  write(text: string): Promise<void> | undefined {
    this.text += text;
    if (this.text.length >= (this.out ? gatherChars : wholeChars) && !this.draining) {
      this.flush();
    }
    return this.draining ?? pauseWhenLong();
  }

  async end(): Promise<void> {
    if (this.out) {
      await this.draining;
      this.flush();
    } else {
      this.sendWhole();
    }
    await this.draining;
    this.out?.end();
  }

  private draining: Promise<void> | undefined;

  private sendWhole(): void {
    const body = this.gzipped ? gzipSync(this.text, { level: gzipLevel }) : Buffer.from(this.text);
    this.text = '';
    this.response.set('Content-Length', String(body.length));
    this.send(body, (this.out = this.response));
  }

  private flush(): void {
    this.out ??= this.gzipped ? this.gzip() : this.response;
    const text = this.text;
    this.text = '';
    if (text !== '') {
      this.send(text, this.out);
    }
  }

  private send(piece: string | Buffer, out: Writable): void {
    if (!this.response.destroyed && !out.write(piece)) {
      this.draining = this.drained(out).finally(() => (this.draining = undefined));
    }
  }

  /** A client that goes away never drains; its close ends the wait. Listeners are taken off again: a large answer waits many times. */
  private drained(out: Writable): Promise<void> {
    return new Promise((resolve) => {
      const stalled = setTimeout(() => this.response.destroy(), stalledMsMax);
      const done = (): void => {
        clearTimeout(stalled);
        out.off('drain', done);
        this.response.off('close', done);
        resolve();
      };
      out.once('drain', done);
      this.response.once('close', done);
    });
  }

  private gzip(): Writable {
    const gzip = createGzip({ level: gzipLevel });
    gzip.pipe(this.response);
    this.response.on('close', () => gzip.destroy());
    return gzip;
  }
}

function acceptsGzip(request: IncomingMessage): boolean {
  const header = String(request.headers['accept-encoding'] ?? '');
  return header.split(',').some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0+)?\s*$))?/.test(part) && !/;\s*q=0(\.0+)?\s*$/.test(part));
}
