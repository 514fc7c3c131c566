import { compressSync } from 'snappy';
import { Writer } from 'protobufjs/minimal';
import type { LabelSet } from '../labelSet';
import { bytesOfText } from '../bytes';

/**
 * Entries of one stream in the bytes of Loki's push (pkg/push/push.proto):
 * PushRequest { 1: repeated Stream }, Stream { 1: labels text, 2: repeated Entry },
 * Entry { 1: Timestamp { 1: seconds, 2: nanos }, 2: line, 3: repeated LabelPair { 1: name, 2: value } }.
 * Lines are copied from the read buffer into place without an object in between; protobufjs's Writer makes six objects per entry,
 * which costs more than everything else on this path, so it is used for what is rare (metadata, the frame around the streams).
 */
export class StreamEncoder {
  private bytes: Buffer;
  private length = 0;

  constructor(readonly labels: LabelSet) {
    this.bytes = Buffer.allocUnsafe(streamBytesFirst);
  }

  /** The entries were copied: the buffer may serve another stream. Nothing may be added afterwards. */
  release(): void {
    giveBack(this.bytes);
    this.length = 0;
  }

  /** Line `source[start..end)` at a time since 1970 (`seconds` may be negative, `nanos` is 0 to 999,999,999). */
  add(seconds: number, nanos: number, source: Uint8Array, start: number, end: number, metadata?: Uint8Array): void {
    const lineLength = end - start;
    const secondsLength = seconds < 0 ? 10 : varintLength(seconds);
    const nanosLength = nanos === 0 ? 0 : 1 + varintLength(nanos);
    const timeLength = (seconds === 0 ? 0 : 1 + secondsLength) + nanosLength;
    const entryLength = 2 + timeLength + 1 + varintLength(lineLength) + lineLength + (metadata?.length ?? 0);
    this.reserve(1 + varintLength(entryLength) + entryLength);
    const bytes = this.bytes;
    let at = this.length;
    bytes[at++] = 0x12;
    at = writeVarint(bytes, at, entryLength);
    bytes[at++] = 0x0a;
    bytes[at++] = timeLength;
    if (seconds !== 0) {
      bytes[at++] = 0x08;
      at = seconds < 0 ? writeNegative(bytes, at, seconds) : writeVarint(bytes, at, seconds);
    }
    if (nanos !== 0) {
      bytes[at++] = 0x10;
      at = writeVarint(bytes, at, nanos);
    }
    bytes[at++] = 0x12;
    at = writeVarint(bytes, at, lineLength);
    at = copyLine(source, start, end, bytes, at);
    if (metadata) {
      bytes.set(metadata, at);
      at += metadata.length;
    }
    this.length = at;
  }

  get encoded(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) {
      return;
    }
    const larger = takeBuffer(Math.max(this.bytes.length * 4, this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    giveBack(this.bytes);
    this.bytes = larger;
  }
}

/**
 * Large buffers that are used again: a batch fills one or two megabytes, and leaving them to the garbage collector cost a hundred
 * megabytes of memory at full speed.
 */
const spare: Buffer[] = [];
const spareMax = 6;
const spareBytesMin = 65_536;
const spareBytesMax = 4_194_304;

function takeBuffer(bytes: number): Buffer {
  const i = spare.findIndex((buffer) => buffer.length >= bytes);
  return i >= 0 && bytes >= spareBytesMin ? spare.splice(i, 1)[0] : Buffer.allocUnsafe(bytes);
}

function giveBack(buffer: Buffer): void {
  if (buffer.length >= spareBytesMin && buffer.length <= spareBytesMax && spare.length < spareMax) {
    spare.push(buffer);
    spare.sort((a, b) => a.length - b.length);
  }
}

/** First buffer of a stream: small, because an agent may have thousands of streams with a line each. */
const streamBytesFirst = 512;

/** Below this a loop is quicker than the call of a native copy. */
const copyLoopMax = 24;

function copyLine(source: Uint8Array, start: number, end: number, target: Buffer, at: number): number {
  if (end - start > copyLoopMax) {
    target.set(source.subarray(start, end), at);
    return at + end - start;
  }
  for (let i = start; i < end; i++) {
    target[at++] = source[i];
  }
  return at;
}

function varintLength(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : value < 0x800000000 ? 5 : 6;
}

function writeVarint(bytes: Buffer, at: number, value: number): number {
  while (value >= 0x80) {
    bytes[at++] = (value % 0x80) | 0x80;
    value = Math.floor(value / 0x80);
  }
  bytes[at++] = value;
  return at;
}

/** A negative int64 is its two's complement in ten bytes. */
function writeNegative(bytes: Buffer, at: number, value: number): number {
  let rest = BigInt.asUintN(64, BigInt(value));
  for (let i = 0; i < 9; i++) {
    bytes[at++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  bytes[at++] = Number(rest);
  return at;
}

/** Structured metadata as the repeated field 3 of an entry. */
export function encodeMetadata(pairs: ReadonlyArray<readonly [string, string]>): Uint8Array {
  const writer = new Writer();
  for (const [name, value] of pairs) {
    writer.uint32(0x1a).fork().uint32(0x0a).bytes(bytesOfText(name)).uint32(0x12).bytes(bytesOfText(value)).ldelim();
  }
  return writer.finish();
}

/** The body of a push: the frame around the streams, compressed with snappy's block format. Takes the streams' buffers back. */
export function encodePush(streams: Iterable<StreamEncoder>): Buffer {
  const parts: Uint8Array[] = [];
  const all = [...streams];
  let length = 0;
  for (const stream of all) {
    const labels = new Writer().uint32(0x0a).string(stream.labels.text).finish();
    const entries = stream.encoded;
    const head = new Writer().uint32(0x0a).uint32(labels.length + entries.length).finish();
    parts.push(head, labels, entries);
    length += head.length + labels.length + entries.length;
  }
  const whole = takeBuffer(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  // Copied, because the garbage collector does not see how large a buffer of the library is.
  const body = compressSync(whole.subarray(0, length), { copyOutputData: true });
  giveBack(whole);
  all.forEach((stream) => stream.release());
  return body;
}
