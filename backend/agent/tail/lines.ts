import iconv from 'iconv-lite';
import type { LabelSet } from '../labelSet';
import type { JobOutput } from '../output';
import type { Tracker } from '../tracker';

/** Longest line, in bytes; what is longer is cut. Keeps one broken file from filling the memory. */
export const lineBytesMax = 8_388_608;

/** How bytes of a file become lines. */
export interface LineReader {
  /** Index behind the last line ending in bytes[0..length), 0 when there is none. `offset` is where bytes[0] lies in the file. */
  endOfLines(bytes: Buffer, length: number, offset: number): number;
  /**
   * Hands on the lines in bytes[0..end), which ends with a line ending unless `last`. Stops early when the output wants no more.
   * Answers up to where lines were handed on, and how many.
   */
  handOn(bytes: Buffer, end: number, offset: number, labels: LabelSet, tracker: Tracker, output: JobOutput): { taken: number; lines: number };
}

/** After so many lines the output is asked whether it wants more. Without a limit only the size of batches matters, which moves slowly. */
const linesBetweenChecks = 64;

/** Bytes as they are: lines end with a line feed; a carriage return belongs to the line, as in Promtail. */
export const plainLines: LineReader = {
  // A negative start would count from the end of the buffer.
  endOfLines: (bytes, length) => (length === 0 ? 0 : bytes.lastIndexOf(0x0a, length - 1) + 1),

  handOn(bytes, end, offset, labels, tracker, output) {
    let start = 0;
    let lines = 0;
    while (start < end) {
      if (output.plain ? lines % linesBetweenChecks === 0 && lines > 0 && output.paused : lines > 0 && output.throttledMs > 0) {
        break;
      }
      let stop = bytes.indexOf(0x0a, start);
      if (stop < 0 || stop >= end) {
        stop = end;
      }
      const next = Math.min(stop + 1, end);
      output.line(labels, bytes, start, stop, tracker, offset + start, offset + next);
      start = next;
      lines++;
    }
    return { taken: start, lines };
  },
};

/** Text in another encoding (IANA name). Lines are found first, in the encoding's own unit, and decoded one by one. */
export function decodedLines(encoding: string): LineReader {
  const unit = unitOf(encoding);
  return {
    endOfLines: (bytes, length, offset) => lastLineFeed(bytes, length, offset, unit),

    handOn(bytes, end, offset, labels, tracker, output) {
      let start = 0;
      let lines = 0;
      while (start < end && !(lines > 0 && output.paused)) {
        const feed = nextLineFeed(bytes, start, end, offset, unit);
        const stop = feed < 0 ? end : feed;
        const next = feed < 0 ? end : feed + unit.feed.length;
        const text = iconv.decode(bytes.subarray(start, stop), unit.decodeAs, { stripBOM: false });
        output.text(labels, text, [{ tracker, start: offset + start, end: offset + next }]);
        start = next;
        lines++;
      }
      return { taken: start, lines };
    },
  };
}

interface Unit {
  decodeAs: string;
  feed: Buffer;
}

function unitOf(encoding: string): Unit {
  const name = encoding.toLowerCase().replace(/[^a-z0-9]/g, '');
  // Without a mark of byte order UTF-16 is big-endian (RFC 2781 4.3).
  if (name === 'utf16' || name === 'utf16be') {
    return { decodeAs: 'utf-16be', feed: Buffer.from([0x00, 0x0a]) };
  }
  if (name === 'utf16le') {
    return { decodeAs: 'utf-16le', feed: Buffer.from([0x0a, 0x00]) };
  }
  return { decodeAs: encoding, feed: Buffer.from([0x0a]) };
}

function nextLineFeed(bytes: Buffer, start: number, end: number, offset: number, unit: Unit): number {
  for (let at = bytes.indexOf(unit.feed, start); at >= 0 && at + unit.feed.length <= end; at = bytes.indexOf(unit.feed, at + 1)) {
    if ((offset + at) % unit.feed.length === 0) {
      return at;
    }
  }
  return -1;
}

function lastLineFeed(bytes: Buffer, length: number, offset: number, unit: Unit): number {
  if (length < unit.feed.length) {
    return 0;
  }
  for (let at = bytes.lastIndexOf(unit.feed, length - unit.feed.length); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(unit.feed, at - 1)) {
    if ((offset + at) % unit.feed.length === 0) {
      return at + unit.feed.length;
    }
  }
  return 0;
}
