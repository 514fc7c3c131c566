import type { StreamEntries } from '../../model/entry';
import { JsonCursor } from '../jsonCursor';
import { checkPairCount, labelsFromPairs } from '../labelsText';
import { MetadataSets } from '../metadataSets';
import type { Protocol } from '../protocol';
import { StreamBuilder } from '../streamBuilder';

/**
 * Loki's JSON push: `{"streams":[{"stream":{"job":"x"},"values":[["ns","line",{"trace_id":"1"}]]}]}`. Times are strings of nanoseconds.
 * Label values that are not strings are taken as they are written (`null` too), unknown keys are passed over (Loki's LabelSet.UnmarshalJSON).
 */
export const lokiJson: Protocol = {
  name: 'loki json',
  accepts: ({ path, contentType }) => path === '/loki/api/v1/push' && contentType === 'application/json',
  decode: (body) => decodeStreams(body, readStream),
};

/**
 * Walks `{"streams":[...]}`; shared with the legacy form, whose streams look different. `null` is a document without streams, and what stands
 * behind the document is not looked at, as in Loki.
 */
export function decodeStreams(
  body: Uint8Array,
  stream: (cursor: JsonCursor, builder: StreamBuilder, metadataSets: MetadataSets) => void
): StreamEntries[] {
  const cursor = new JsonCursor(body);
  const builder = new StreamBuilder();
  const metadataSets = new MetadataSets();
  cursor.objectOrNull((key) => {
    if (key === 'streams' && !cursor.isNull()) {
      cursor.array(() => stream(cursor, builder, metadataSets));
    } else {
      cursor.skip();
    }
  });
  return builder.streams(body);
}

function readStream(cursor: JsonCursor, builder: StreamBuilder, metadataSets: MetadataSets): void {
  let labels: Array<[string, string]> | undefined;
  // `values` may stand before `stream`: then its place is remembered and read afterwards.
  let valuesAt: number | undefined;
  // Of a label that is there twice the last counts, as in a map.
  const begin = (pairs: Array<[string, string]>): void => builder.begin(labelsFromPairs([...new Map(pairs)]));
  const readValues = (pairs: Array<[string, string]>): void => {
    begin(pairs);
    cursor.array(() => readValue(cursor, builder, metadataSets));
  };
  let valuesRead = false;
  cursor.object((key) => {
    if (key === 'stream' && !labels && !cursor.isNull()) {
      const pairs: Array<[string, string]> = [];
      labels = pairs;
      cursor.object((name) => {
        checkPairCount(pairs.push([name, cursor.anyText()]));
      });
    } else if (key === 'values' && !valuesRead && !cursor.isNull()) {
      if (labels) {
        readValues(labels);
        valuesRead = true;
      } else {
        cursor.peek();
        valuesAt ??= cursor.at;
        cursor.skip();
      }
    } else {
      cursor.skip();
    }
  });
  if (!valuesRead && valuesAt !== undefined) {
    const end = cursor.at;
    cursor.at = valuesAt;
    readValues(labels ?? []);
    cursor.at = end;
  } else if (!valuesRead) {
    begin(labels ?? []);
  }
}

function readValue(cursor: JsonCursor, builder: StreamBuilder, metadataSets: MetadataSets): void {
  let seconds = 0;
  let nanos = 0;
  let start = 0;
  let end = 0;
  let metadata: Array<[string, string]> | undefined;
  let parts = 0;
  cursor.array((index) => {
    parts++;
    if (index === 0) {
      const range = cursor.string();
      [seconds, nanos] = parseNanos(cursor, range.start, range.end);
    } else if (index === 1) {
      ({ start, end } = cursor.string());
    } else if (index === 2) {
      metadata = readMetadata(cursor);
    } else {
      cursor.skip();
    }
  });
  if (parts < 2) {
    throw cursor.error('a pair of time and line');
  }
  builder.add(seconds, nanos, start, end, metadata && metadataSets.of(metadata));
}

/** Structured metadata: an object of strings. */
export function readMetadata(cursor: JsonCursor): Array<[string, string]> | undefined {
  const pairs: Array<[string, string]> = [];
  const isThere = cursor.objectOrNull((name) => {
    checkPairCount(pairs.push([name, cursor.text()]));
  });
  return isThere ? pairs : undefined;
}

/** Decimal nanoseconds in the bytes `[start, end)` as seconds and the nanoseconds that are left. */
function parseNanos(cursor: JsonCursor, start: number, end: number): [number, number] {
  const { bytes } = cursor;
  const sign = bytes[start] === 0x2d ? -1 : 1;
  const first = sign < 0 || bytes[start] === 0x2b ? start + 1 : start;
  let seconds = 0;
  let nanos = 0;
  for (let i = first; i < end; i++) {
    const digit = bytes[i] - 0x30;
    if (!(digit >= 0 && digit <= 9)) {
      throw wrongTime(cursor, start, end);
    }
    if (end - i > 9) {
      seconds = seconds * 10 + digit;
    } else {
      nanos = nanos * 10 + digit;
    }
  }
  if (first === end || end - first > 19) {
    throw wrongTime(cursor, start, end);
  }
  return [sign * seconds, sign * nanos];
}

function wrongTime(cursor: JsonCursor, start: number, end: number): Error {
  cursor.at = start;
  const text = new TextDecoder().decode(cursor.bytes.subarray(start, Math.min(end, start + 40)));
  return cursor.error(`a time as a string of nanoseconds since 1970 (not ${JSON.stringify(text)})`);
}
