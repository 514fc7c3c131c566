import { gunzip, inflate, inflateRaw } from 'node:zlib';
import { promisify } from 'node:util';
import { RequestError, badRequest } from '../model/errors';

const unzip = { gzip: promisify(gunzip), inflate: promisify(inflate), inflateRaw: promisify(inflateRaw) };

/**
 * Undoes a push's Content-Encoding as Loki does: none, `snappy` (left to the decoder, which knows its block format), `gzip`, `deflate`
 * (raw, or with the zlib header that HTTP asks for). Stops at `maxBytes` with 413, however small the body was.
 */
export async function decompress(body: Buffer, encoding: string, maxBytes: number): Promise<Uint8Array> {
  switch (encoding) {
    case '':
    case 'identity':
    case 'snappy':
      return body;
    case 'gzip':
      return run(unzip.gzip, body, maxBytes, 'gzip');
    case 'deflate':
      return run(hasZlibHeader(body) ? unzip.inflate : unzip.inflateRaw, body, maxBytes, 'flate');
    default:
      throw badRequest(`Content-Encoding ${JSON.stringify(encoding.slice(0, 40))} not supported`);
  }
}

async function run(unpack: typeof unzip.gzip, body: Buffer, maxBytes: number, name: string): Promise<Buffer> {
  try {
    return await unpack(body, { maxOutputLength: maxBytes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new RequestError(413, `request body too large: more than ${maxBytes} bytes after decompression, limit: ${maxBytes} bytes`);
    }
    throw badRequest(`${name}: ${message}`);
  }
}

/** RFC 1950: method 8 in the low bits, and the first two bytes divisible by 31. */
function hasZlibHeader(body: Buffer): boolean {
  return body.length >= 2 && (body[0] & 15) === 8 && body.readUInt16BE(0) % 31 === 0;
}
