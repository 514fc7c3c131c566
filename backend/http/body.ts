import type { IncomingMessage } from 'node:http';
import { RequestError, cancelled } from '../model/errors';

/** A body that brings nothing for so long is given up (408), because room for it is held while it is read. */
export const bodyIdleMsMax = 10_000;

/** Reads a request's body, at most `bytesMax` of it; more is a RequestError 413 and the rest is not read. */
export async function readBody(request: IncomingMessage, bytesMax: number, idleMsMax = bodyIdleMsMax): Promise<Buffer> {
  const tooLarge = (bytes: number): RequestError => new RequestError(413, `request body too large: ${bytes} bytes, limit: ${bytesMax} bytes`);
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > bytesMax) {
    throw tooLarge(announced);
  }
  const body = new GrowingBody(announced);
  return new Promise<Buffer>((resolve, reject) => {
    request.setTimeout(idleMsMax, () => reject(new RequestError(408, `request timeout: nothing came for ${idleMsMax / 1000} s after ${body.length} bytes of the body`)));
    request.on('data', (part: Buffer) => {
      if (body.length + part.length > bytesMax) {
        request.removeAllListeners('data');
        request.pause();
        reject(tooLarge(body.length + part.length));
      } else {
        body.add(part);
      }
    });
    request.on('end', () => resolve(body.result()));
    request.on('error', reject);
    request.on('aborted', () => reject(cancelled()));
  }).finally(() => request.setTimeout(0));
}

/** Collects parts into one buffer of the announced size, so that a large body is never there twice. */
class GrowingBody {
  length = 0;
  private bytes: Buffer;

  constructor(announced: number) {
    this.bytes = Buffer.allocUnsafeSlow(announced || 16 * 1024);
  }

  add(part: Buffer): void {
    const needed = this.length + part.length;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    part.copy(this.bytes, this.length);
    this.length = needed;
  }

  result(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}
