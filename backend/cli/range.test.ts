import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags } from '../config/flags';
import { formatRfc3339Ns, parseRfc3339Ns } from '../model/time';
import { rangeOf } from './range';

/** The range of a command line that was typed on 20 November at noon, without what both times have in common. */
function rangeText(words: string): string {
  const { startNs, endNs } = rangeOf(parseFlags(words.split(' ').map((word) => word.replace('_', ' ')), new Set()), '1h', parseRfc3339Ns('2026-11-20T12:00:00Z'));
  return `${formatRfc3339Ns(startNs).slice(8, -4)} ${formatRfc3339Ns(endNs).slice(8, -4)}`;
}

for (const [words, range] of [
  ['', '20T11:00 20T12:00'],
  ['--since 2d', '18T12:00 20T12:00'],
  ['--since=-1h30m', '20T10:30 20T12:00'],
  ['--since now-2h', '20T10:00 20T12:00'],
  ['--from now-2h', '20T10:00 20T12:00'],
  ['--from 2h --to now', '20T10:00 20T12:00'],
  ['--from -2h --to -30m', '20T10:00 20T11:30'],
  ['--to now-1h --since 30m', '20T10:30 20T11:00'],
  ['--from 2026-11-19 --to 2026-11-20', '19T00:00 20T00:00'],
  ['--from 2026-11-19T08:30 --to 2026-11-20_09:00:00', '19T08:30 20T09:00'],
  ['--from 2026-11-19T08:30:00+01:00', '19T07:30 20T12:00'],
  ['--from 1795170000 --to 1795176000000000000', '20T10:20 20T12:00'],
]) {
  test(`${words || 'no flag'}: ${range}`, () => assert.equal(rangeText(words), range));
}

for (const [words, message] of [
  ['--from yesteryear', /^--from: .*now-2h.*2026-11-20T12:00:00Z.*, not yesteryear$/],
  ['--to 2026-13-40', /^--to: .*, not 2026-13-40$/],
  ['--since soon', /^--since: .*30m, 2h or 7d.*, not soon$/],
  ['--from now --to 2h', /^--from \(2026-11-20T12:00:00Z\) lies after --to \(2026-11-20T10:00:00Z\)$/],
] as const) {
  test(`${words} is refused`, () => assert.throws(() => rangeText(words), { message }));
}
