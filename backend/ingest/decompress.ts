import { gunzip, inflate, inflateRaw } from 'node:zlib';
import { promisify } from 'node:util';
import { RequestError, badRequest } from '../model/errors';

const unzip = { gzip: promisify(gunzip), inflate: promisify(inflate), inflateRaw: promisify(inflateRaw) };

/** More came out of a body than it was allowed. */
export class TooLong extends RequestError {
  constructor(maxBytes: number) {
    super(413, `request body too large: more than ${maxBytes} bytes after decompression, limit: ${maxBytes} bytes`);
  }
}

/**
 * Undoes a push's Content-Encoding as Loki does: none, `snappy` (left to the decoder, which knows its block format), `gzip`, `deflate`
 * (raw, or with the zlib header that HTTP asks for). Throws TooLong at `maxBytes`, however small the body was.
 */
export async function decompress(body: Buffer, encoding: string, maxBytes: number): Promise<Uint8Array> {
  if (isPlain(encoding)) {
    return body;
  }
  switch (encoding) {
    case 'gzip':
      return inTurn(() => run(unzip.gzip, body, maxBytes, 'gzip', gzipLength(body)));
    case 'deflate':
      return inTurn(() => run(hasZlibHeader(body) ? unzip.inflate : unzip.inflateRaw, body, maxBytes, 'flate', deflateLength(body)));
    default:
      throw badRequest(`Content-Encoding ${JSON.stringify(encoding.slice(0, 40))} not supported`);
  }
}

/** Whether a body comes as it is (snappy's block format is part of Loki's protobuf). */
export const isPlain = (encoding: string): boolean => encoding === '' || encoding === 'identity' || encoding === 'snappy';

/** Bytes that a body says, or is guessed, to become: so much room it needs first. It may lie. */
export function expectedBytes(body: Buffer, encoding: string): number {
  return encoding === 'gzip' ? gzipLength(body) : encoding === 'deflate' ? deflateLength(body) : body.length;
}

/** Growth of a deflated body of log lines; nothing in it says the true one. */
const deflateLength = (body: Buffer): number => body.length * 8;

let last: Promise<unknown> = Promise.resolve();

/** One body at a time: a megabyte may hold a thousand, so that those who come together could take all memory together. */
function inTurn(work: () => Promise<Buffer>): Promise<Buffer> {
  const mine = last.then(work, work);
  last = mine;
  return mine;
}

/** Smallest piece in which output is made; with the right guess the output is one piece and is not copied together. */
const pieceBytesMin = 64 * 1024;

async function run(unpack: typeof unzip.gzip, body: Buffer, maxBytes: number, name: string, guessBytes: number): Promise<Buffer> {
  try {
    return await unpack(body, { maxOutputLength: maxBytes, chunkSize: Math.min(Math.max(guessBytes, pieceBytesMin), maxBytes) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new TooLong(maxBytes);
    }
    throw badRequest(`${name}: ${message}`);
  }
}

/** RFC 1950: method 8 in the low bits, and the first two bytes divisible by 31. */
function hasZlibHeader(body: Buffer): boolean {
  return body.length >= 2 && (body[0] & 15) === 8 && body.readUInt16BE(0) % 31 === 0;
}

/** What the end of a gzip body says of its length, modulo 2^32 (RFC 1952). Who lies about it is stopped at the limit. */
function gzipLength(body: Buffer): number {
  return body.length >= 18 ? body.readUInt32LE(body.length - 4) : 0;
}
