import { badRequest } from '../../model/errors';
import { parseRfc3339Ns } from '../../model/time';
import type { JsonCursor } from '../jsonCursor';
import { parseLabelsText } from '../labelsText';
import type { MetadataSets } from '../metadataSets';
import type { Protocol } from '../protocol';
import type { StreamBuilder } from '../streamBuilder';
import { decodeStreams, readMetadata } from './lokiJson';

/** The JSON of 2019, `/api/prom/push`: `{"streams":[{"labels":"{job=\"x\"}","entries":[{"ts":"2019-04-15T12:00:00Z","line":".."}]}]}`. */
export const lokiLegacy: Protocol = {
  name: 'loki legacy json',
  accepts: ({ path, contentType }) => path === '/api/prom/push' && contentType === 'application/json',
  decode: (body) => decodeStreams(body, readStream),
};

function readStream(cursor: JsonCursor, builder: StreamBuilder, metadataSets: MetadataSets): void {
  let labels: string | undefined;
  let entriesAt: number | undefined;
  cursor.object((key) => {
    if (key === 'labels' && labels === undefined && !cursor.isNull()) {
      labels = cursor.text();
    } else if (key === 'entries' && entriesAt === undefined && !cursor.isNull()) {
      cursor.peek();
      entriesAt = cursor.at;
      cursor.skip();
    } else {
      cursor.skip();
    }
  });
  builder.begin(parseLabelsText(labels ?? ''));
  if (entriesAt === undefined) {
    return;
  }
  const end = cursor.at;
  cursor.at = entriesAt;
  cursor.array(() => readEntry(cursor, builder, metadataSets));
  cursor.at = end;
}

function readEntry(cursor: JsonCursor, builder: StreamBuilder, metadataSets: MetadataSets): void {
  let tsNs: bigint | undefined;
  let start = 0;
  let end = 0;
  let metadata: Array<[string, string]> | undefined;
  cursor.object((key) => {
    if (key === 'ts' || key === 'timestamp') {
      const text = cursor.text();
      tsNs = parseRfc3339Ns(text);
      if (tsNs === undefined) {
        throw badRequest(`parsing time ${JSON.stringify(text.slice(0, 60))}: an RFC 3339 time is expected, such as 2019-04-15T12:00:00.000Z`);
      }
    } else if (key === 'line' && !cursor.isNull()) {
      ({ start, end } = cursor.string());
    } else if (key === 'structuredMetadata') {
      metadata = readMetadata(cursor);
    } else {
      cursor.skip();
    }
  });
  if (tsNs === undefined) {
    throw cursor.error('an entry with a time ("ts")');
  }
  const nanos = tsNs % 1_000_000_000n;
  builder.add(Number((tsNs - nanos) / 1_000_000_000n), Number(nanos), start, end, metadata && metadataSets.of(metadata));
}
