import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../entry';
import { noLabelSet } from '../labelSet';
import type { StageContext } from './pipeline';
import { timestampStage } from './timestamp';

/** The time that a yearless text gets from a stage for which it is `now`. */
function read(text: string, now: string, location: string): string {
  const context = { nowMs: () => Date.parse(now) } as unknown as StageContext;
  const config = new Map([['source', 'time'], ['format', 'Jan _2 15:04:05'], ['location', location]]);
  const entry: Entry = { labels: noLabelSet, extracted: new Map([['time', text]]), tsNs: 0n, line: '', metadata: undefined, origins: [] };
  timestampStage(config)(context, () => undefined).run(entry, () => undefined);
  return new Date(Number(entry.tsNs / 1_000_000n)).toISOString();
}

for (const [text, now, location, time] of [
  ['Dec 31 07:56:00', '2026-12-31T08:00:00Z', 'UTC', '2026-12-31T07:56:00.000Z'],
  ['Dec 31 23:59:59', '2027-01-01T00:00:05Z', 'UTC', '2026-12-31T23:59:59.000Z'],
  ['Dec 31 23:59:59', '2027-01-01T00:00:05Z', 'Europe/Berlin', '2026-12-31T22:59:59.000Z'],
  ['Dec 31 20:00:00', '2027-01-01T04:00:05Z', 'America/Los_Angeles', '2027-01-01T04:00:00.000Z'],
  ['Jan  1 00:30:00', '2026-12-31T23:30:05Z', 'Europe/Berlin', '2026-12-31T23:30:00.000Z'],
  ['Jun 30 23:59:59', '2026-07-01T00:00:00Z', 'UTC', '2026-06-30T23:59:59.000Z'],
]) {
  test(`${text} in ${location}, read at ${now}`, () => assert.equal(read(text, now, location), time));
}
