import type { IncomingMessage } from 'node:http';
import { RequestError, cancelled } from '../model/errors';

/** Reads a request's body, at most `bytesMax` of it; more is a RequestError 413 and the rest is not read. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const tooLarge = (bytes: number): RequestError => new RequestError(413, `request body too large: ${bytes} bytes, limit: ${bytesMax} bytes`);
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > bytesMax) {
    throw tooLarge(announced);
  }
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    request.on('data', (part: Buffer) => {
      length += part.length;
      if (length > bytesMax) {
        request.removeAllListeners('data');
        request.pause();
        reject(tooLarge(length));
      } else {
        parts.push(part);
      }
    });
    request.on('end', () => resolve(parts.length === 1 ? parts[0] : Buffer.concat(parts, length)));
    request.on('error', reject);
    request.on('aborted', () => reject(cancelled()));
  });
}
