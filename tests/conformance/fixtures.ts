import { readFileSync } from 'node:fs';
import path from 'node:path';
import { checkStreams } from '../../backend/ingest/check';
import { defaultIngestLimits } from '../../backend/ingest/limits';
import { lokiJson } from '../../backend/ingest/protocols/lokiJson';
import type { Batch } from '../../backend/model/entry';
import type { Recorded } from './compare';

const read = (name: string): Buffer => readFileSync(path.join(__dirname, name));

/** The recorded requests with Loki's answers. */
export const recordings = JSON.parse(read('open.json').toString()) as Recorded[];

/** The body of the one push that everything was asked about. */
export const pushBody = Buffer.concat([Buffer.from('{"streams":'), read('streams.json'), Buffer.from('}')]);

/** Decodes and checks a JSON push as the server does. */
export function jsonBatch(body: Uint8Array, tenant: string, receivedNs: bigint): Batch {
  const request = { path: '/loki/api/v1/push', contentType: 'application/json', receivedNs, headers: {}, query: {}, maxBytes: body.length, otlp: defaultIngestLimits.otlp };
  const limits = { ...defaultIngestLimits, maxLineSizeBytes: 0, creationGracePeriodNs: 10n ** 18n };
  // The decoder unescapes in place, so it gets a copy.
  const checked = checkStreams(lokiJson.decode(Uint8Array.from(body), request), tenant, limits, receivedNs, () => undefined);
  if (checked.problem) {
    throw checked.problem;
  }
  return { tenant, streams: checked.streams };
}
