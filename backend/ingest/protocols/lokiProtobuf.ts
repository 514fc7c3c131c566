import { Reader } from 'protobufjs/minimal';
import { uncompressSync } from 'snappy';
import { RequestError, badRequest } from '../../model/errors';
import { keepShape } from '../../runtime/shapes';
import { checkPairCount, parseLabelsText } from '../labelsText';
import { MetadataSets } from '../metadataSets';
import type { Protocol } from '../protocol';
import { readSeconds, skipField } from '../protobufFields';
import { StreamBuilder } from '../streamBuilder';
import { readPlainEntry } from './plainEntry';

/**
 * Loki's own push: a snappy block that holds a protobuf message (grafana/loki pkg/push/push.proto):
 * PushRequest{1: repeated Stream}, Stream{1: labels text, 2: repeated Entry}, Entry{1: Timestamp{1: seconds, 2: nanos}, 2: line,
 * 3: repeated LabelPair{1: name, 2: value}}. As in Loki, every content type that nothing else claims means this format.
 */
export const lokiProtobuf: Protocol = {
  name: 'loki protobuf',
  accepts: ({ path, contentType }) => (path === '/loki/api/v1/push' || path === '/api/prom/push') && contentType !== 'application/json',
  decodedBytes: checkedLength,
  decode(compressed, { maxBytes }) {
    const body = uncompress(compressed, maxBytes);
    try {
      return readPush(body);
    } catch (error) {
      if (error instanceof RequestError) {
        throw error;
      }
      // The reader of protobufjs throws RangeError and plain Error for truncated and malformed messages.
      throw badRequest(`the body is not a protobuf push request: ${(error as Error).message}`);
    }
  },
};

/** No snappy element makes more than 64 bytes out of three, so a block cannot grow by more than this factor. */
const snappyGrowthMax = 22;

/** The length of the content, when it can be true and is allowed. */
function checkedLength(compressed: Uint8Array, maxBytes: number): number {
  const length = claimedLength(compressed);
  if (length > maxBytes) {
    throw new RequestError(413, `request body too large: ${length} bytes, limit: ${maxBytes} bytes`);
  }
  if (length > compressed.length * snappyGrowthMax + 64) {
    throw badRequest('snappy: corrupt input');
  }
  return length;
}

function uncompress(compressed: Uint8Array, maxBytes: number): Uint8Array {
  if (checkedLength(compressed, maxBytes) === 0) {
    return new Uint8Array(0);
  }
  try {
    return uncompressSync(Buffer.from(compressed.buffer, compressed.byteOffset, compressed.byteLength), { asBuffer: true }) as Buffer;
  } catch (error) {
    throw badRequest(`snappy: corrupt input (${(error as Error).message})`);
  }
}

/** The varint at the start of a snappy block: how long the text will be. */
function claimedLength(compressed: Uint8Array): number {
  let length = 0;
  for (let i = 0; i < 5 && i < compressed.length; i++) {
    length += (compressed[i] & 127) * 2 ** (7 * i);
    if (compressed[i] < 128) {
      return length;
    }
  }
  throw badRequest('snappy: corrupt input');
}

function readPush(body: Uint8Array): ReturnType<StreamBuilder['streams']> {
  const reader = Reader.create(body);
  const builder = new StreamBuilder();
  const metadataSets = new MetadataSets();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 0x0a) {
      readStream(reader, builder, metadataSets);
    } else {
      skipField(reader, tag);
    }
  }
  return builder.streams(body);
}

function readStream(reader: Reader, builder: StreamBuilder, metadataSets: MetadataSets): void {
  const end = endOfMessage(reader);
  const start = reader.pos;
  let labels = '';
  // The labels come first from every known client, but the format does not promise it.
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0x0a) {
      labels = reader.string();
      break;
    }
    skipField(reader, tag);
  }
  builder.begin(parseLabelsText(labels));
  reader.pos = start;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag !== 0x12) {
      skipField(reader, tag);
      continue;
    }
    const behind = readPlainEntry(reader.buf, reader.pos, end, builder);
    if (behind === 0) {
      readEntry(reader, builder, metadataSets);
    } else {
      reader.pos = behind;
    }
  }
  checkEnd(reader, end);
}

function readEntry(reader: Reader, builder: StreamBuilder, metadataSets: MetadataSets): void {
  const end = endOfMessage(reader);
  let seconds = 0;
  let nanos = 0;
  let lineStart = end;
  let lineEnd = end;
  let metadata: Array<[string, string]> | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0x12) {
      lineEnd = endOfMessage(reader);
      lineStart = reader.pos;
      reader.pos = lineEnd;
    } else if (tag === 0x0a) {
      const timeEnd = endOfMessage(reader);
      while (reader.pos < timeEnd) {
        const part = reader.uint32();
        if (part === 0x08) {
          seconds = readSeconds(reader);
        } else if (part === 0x10) {
          nanos = reader.int32();
        } else {
          skipField(reader, part);
        }
      }
      checkEnd(reader, timeEnd);
    } else if (tag === 0x1a) {
      checkPairCount((metadata ??= []).push(readPair(reader)));
    } else {
      skipField(reader, tag);
    }
  }
  checkEnd(reader, end);
  builder.add(seconds, nanos, lineStart, lineEnd, metadata && metadataSets.of(metadata));
}

function readPair(reader: Reader): [string, string] {
  const end = endOfMessage(reader);
  let name = '';
  let value = '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 0x0a) {
      name = reader.string();
    } else if (tag === 0x12) {
      value = reader.string();
    } else {
      skipField(reader, tag);
    }
  }
  checkEnd(reader, end);
  return [name, value];
}

function endOfMessage(reader: Reader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) {
    throw badRequest('the body is not a protobuf push request: unexpected EOF');
  }
  return end;
}

function checkEnd(reader: Reader, end: number): void {
  if (reader.pos !== end) {
    throw badRequest('the body is not a protobuf push request: a field is longer than its message');
  }
}

keepShape(Reader.create(new Uint8Array(0)));
keepShape(Reader.create(Buffer.alloc(0)));
