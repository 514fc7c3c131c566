import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import { createGzip, type Gzip } from 'node:zlib';
import type { Response } from 'express';

/** Characters gathered before they go out: big enough to be cheap, small enough to matter to nobody's memory. */
const gatherChars = 64 * 1024;

/** A client that takes nothing of its answer for so long is given up, since room for the answer is held meanwhile. */
const stalledMsMax = 10_000;

/** Writes an answer piece by piece at the pace of the client, gzipped when it asked for that, so that a large answer never exists as one text. */
export class JsonSink {
  private text = '';
  private readonly out: Writable;

  constructor(
    request: IncomingMessage,
    private readonly response: Response
  ) {
    response.set('Content-Type', 'application/json; charset=UTF-8');
    response.set('Vary', 'Accept-Encoding');
    this.out = acceptsGzip(request) ? this.gzip() : response;
  }

  /** Await it when it answers a promise: the client is slower than we are. What is written meanwhile is gathered, however large it becomes. */
  write(text: string): Promise<void> | undefined {
    this.text += text;
    if (this.text.length >= gatherChars && !this.draining) {
      this.flush();
    }
    return this.draining;
  }

  async end(): Promise<void> {
    await this.draining;
    this.flush();
    await this.draining;
    this.out.end();
  }

  private draining: Promise<void> | undefined;

  private flush(): void {
    const text = this.text;
    this.text = '';
    if (text !== '' && !this.response.destroyed && !this.out.write(text)) {
      this.draining = this.drained().finally(() => (this.draining = undefined));
    }
  }

  /** A client that goes away never drains; its close ends the wait. Listeners are taken off again: a large answer waits many times. */
  private drained(): Promise<void> {
    return new Promise((resolve) => {
      const stalled = setTimeout(() => this.response.destroy(), stalledMsMax);
      const done = (): void => {
        clearTimeout(stalled);
        this.out.off('drain', done);
        this.response.off('close', done);
        resolve();
      };
      this.out.once('drain', done);
      this.response.once('close', done);
    });
  }

  private gzip(): Gzip {
    const gzip = createGzip({ level: 1 });
    this.response.set('Content-Encoding', 'gzip');
    gzip.pipe(this.response);
    this.response.on('close', () => gzip.destroy());
    return gzip;
  }
}

function acceptsGzip(request: IncomingMessage): boolean {
  const header = String(request.headers['accept-encoding'] ?? '');
  return header.split(',').some((part) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0+)?\s*$))?/.test(part) && !/;\s*q=0(\.0+)?\s*$/.test(part));
}
