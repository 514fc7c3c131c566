import type { Reader } from 'protobufjs/minimal';
import { badRequest } from '../model/errors';

/**
 * What reading logs needs beyond protobufjs' reader: 64-bit seconds as plain numbers (its own `int64` makes an object for each)
 * and skipping that does not recurse for nested groups.
 */

/** A varint of 64 bits as a number: exact up to 2^53, negative numbers as two's complement. Larger ones come out rounded. */
export function readSeconds(reader: Reader): number {
  const { buf } = reader;
  let low = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    if (reader.pos >= reader.len) {
      throw badRequest('the body is not a protobuf message: unexpected EOF');
    }
    const byte = buf[reader.pos++];
    low += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) {
      return i === 9 ? negative(reader) : low;
    }
  }
  throw badRequest('the body is not a protobuf message: a varint is too long');
}

/** Ten bytes mean that the sign bit is set: read it again exactly. */
function negative(reader: Reader): number {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    value |= BigInt(reader.buf[reader.pos - 10 + i] & 127) << BigInt(7 * i);
  }
  return Number(BigInt.asIntN(64, value));
}

/** Skips a field of any wire type but groups, which no log format uses (and which could nest without end). */
export function skipField(reader: Reader, tag: number): void {
  const wireType = tag & 7;
  if (wireType === 3 || wireType === 4 || tag >>> 3 === 0) {
    throw badRequest(`the body is not a protobuf message: unexpected tag ${tag}`);
  }
  reader.skipType(wireType);
}
