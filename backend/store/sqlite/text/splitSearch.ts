import { packedFrames } from './joinText';
import { certainParts, type CertainPart } from './textTokens';
import { decompress, Scratch } from '../format/zstd';

/** Conditions on a text, each fulfilled by one of its alternatives; what of each lies in one piece wherever a split text keeps it. */
export type SplitNeedles = Array<Array<Array<CertainPart & { halves: Buffer[] }>>>;

/** @param needles see `needlesOf`. */
export function splitNeedles(needles: Buffer[][]): SplitNeedles {
  return needles.map((alternatives) => alternatives.map((text) => certainParts(text).map((part) => ({ ...part, halves: part.hex ? halvesOf(part.bytes) : [] }))));
}

/**
 * False when no line of a split text can fulfil the conditions, told from its words and hexadecimal ids alone: a thirtieth of the time that putting it
 * together takes. True says nothing. Throws an Error when the bytes are damaged.
 */
export function splitMayHold(packed: Uint8Array, needles: SplitNeedles): boolean {
  if (needles.every((alternatives) => alternatives.some((parts) => parts.length === 0))) {
    return true;
  }
  const frames = packedFrames(packed);
  const meta = viewOf(decompress(frames.meta, metaScratch));
  let bits: Buffer | undefined;
  const holds = ({ bytes, halves }: SplitNeedles[number][number][number]): boolean => {
    if (meta.includes(bytes)) {
      return true;
    }
    if (halves.length > 0) {
      bits ??= viewOf(decompress(frames.bits, bitScratch));
    }
    return halves.some((half) => bits!.includes(half));
  };
  return needles.every((alternatives) => alternatives.some((parts) => parts.every(holds)));
}

const metaScratch = new Scratch();
const bitScratch = new Scratch();

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** Hexadecimal digits as columns hold them, four bits each: from a whole byte on, or from the second half of one, whose other half is unknown. */
function halvesOf(digits: Buffer): Buffer[] {
  return [0, 1].map((from) => Buffer.from(digits.toString('latin1', from, from + 2 * Math.floor((digits.length - from) / 2)), 'hex'));
}
