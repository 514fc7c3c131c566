import type { IncomingMessage } from 'node:http';
import type { ByteBudget } from '../ingest/byteBudget';
import { RequestError, cancelled } from '../model/errors';

/** A body that brings nothing for so long is given up (408), because room for it is held while it is read. */
export const bodyIdleMsMax = 10_000;

/** Taken for a body that does not say how long it is; it asks for more as it grows. */
const unannouncedBytes = 16 * 1024;

/** Reads a body when the budget has room for it, which is held until `release`. */
export async function readBodyWithin(request: IncomingMessage, bytesMax: number, budget: ByteBudget): Promise<{ body: Buffer; release: () => void }> {
  const announced = announcedBytes(request, bytesMax);
  let reserved = await budget.reserve(announced ?? unannouncedBytes);
  const release = (): void => budget.release(reserved);
  try {
    const body = await readBody(request, bytesMax, bodyIdleMsMax, (more) => {
      budget.extend(more);
      reserved += more;
    });
    return { body, release };
  } catch (error) {
    release();
    throw error;
  }
}

function announcedBytes(request: IncomingMessage, bytesMax: number): number | undefined {
  const header = request.headers['content-length'];
  if (header !== undefined && Number(header) > bytesMax) {
    throw tooLarge(Number(header), bytesMax);
  }
  return header === undefined ? undefined : Number(header);
}

const tooLarge = (bytes: number, bytesMax: number): RequestError => new RequestError(413, `request body too large: ${bytes} bytes, limit: ${bytesMax} bytes`);

/**
 * Reads a request's body, at most `bytesMax` of it; more is a RequestError 413 and the rest is not read.
 * @param onGrow is told before more is taken than was announced, and may refuse by throwing a RequestError.
 */
export async function readBody(request: IncomingMessage, bytesMax: number, idleMsMax = bodyIdleMsMax, onGrow: (more: number) => void = () => undefined): Promise<Buffer> {
  if (request.destroyed) {
    // the client went away while the request waited for its turn: none of the events below would come any more
    throw cancelled();
  }
  const body = new GrowingBody(announcedBytes(request, bytesMax) ?? unannouncedBytes, onGrow);
  return new Promise<Buffer>((resolve, reject) => {
    request.setTimeout(idleMsMax, () => reject(new RequestError(408, `request timeout: nothing came for ${idleMsMax / 1000} s after ${body.length} bytes of the body`)));
    const refuse = (error: unknown): void => {
      request.removeAllListeners('data');
      request.pause();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    request.on('data', (part: Buffer) => {
      if (body.length + part.length > bytesMax) {
        refuse(tooLarge(body.length + part.length, bytesMax));
        return;
      }
      try {
        body.add(part);
      } catch (error) {
        refuse(error);
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

  constructor(
    announced: number,
    private readonly onGrow: (more: number) => void
  ) {
    this.bytes = Buffer.allocUnsafeSlow(announced);
  }

  add(part: Buffer): void {
    const needed = this.length + part.length;
    if (needed > this.bytes.length) {
      const size = Math.max(needed, this.bytes.length * 2);
      this.onGrow(size - this.bytes.length);
      const larger = Buffer.allocUnsafeSlow(size);
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
