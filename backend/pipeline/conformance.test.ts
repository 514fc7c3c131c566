import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse, type LogExpr } from '../../src/logql/index';
import { labelsObject, makeLabels, type Labels } from '../model/labels';
import { valueTest } from './labelFilter';
import { buildPipeline } from './index';
import { chunkOf } from './testChunk';

/** Every log query that a real Loki answered, through the stages only: the streams, ordered and merged here, must be the same. */

interface Case {
  id: string;
  query?: string;
  url: string;
  status: number;
  body: { data: { resultType: string; result: Array<{ stream: Record<string, string>; values: Array<[string, string]> }> } };
}
interface PushedStream {
  stream: Record<string, string>;
  values: Array<[string, string, Record<string, string>?]>;
}

const folder = path.join(__dirname, '../../tests/conformance');
const cases = JSON.parse(readFileSync(path.join(folder, 'open.json'), 'utf8')) as Case[];
const pushed = JSON.parse(readFileSync(path.join(folder, 'streams.json'), 'utf8')) as PushedStream[];

const logCases = cases.filter((one) => one.status === 200 && one.url.includes('query_range') && one.body.data.resultType === 'streams');

/** Ingest's part is not under test here: the levels that Loki detected are read from its answers; a label `level` of the stream goes first. */
const detectedLevels = new Map<string, string>();
for (const { body } of logCases) {
  for (const { stream, values } of body.data.result) {
    for (const [ts] of values) {
      if (stream.detected_level && stream.app) {
        detectedLevels.set(`${stream.app} ${ts}`, stream.detected_level);
      }
    }
  }
}

interface StoredEntry {
  stream: Labels;
  tsNs: bigint;
  line: string;
  metadata: Labels;
}

const entries: StoredEntry[] = pushed.flatMap(({ stream, values }) => {
  const seen = new Set<string>();
  return values.flatMap(([ts, line, metadata]) => {
    if (seen.has(`${ts} ${line}`)) {
      return [];
    }
    seen.add(`${ts} ${line}`);
    const level = stream.level ?? detectedLevels.get(`${stream.app} ${ts}`) ?? 'unknown';
    return {
      stream: makeLabels([...Object.entries(stream), ['service_name', stream.app]]),
      tsNs: BigInt(ts),
      line,
      metadata: makeLabels([...Object.entries(metadata ?? {}), ['detected_level', level]]),
    };
  });
});

function answer(expr: LogExpr, parameters: URLSearchParams): Array<{ stream: Record<string, string>; values: string[] }> {
  const start = BigInt(parameters.get('start') ?? 0);
  const end = BigInt(parameters.get('end') ?? 2n ** 62n);
  const forward = parameters.get('direction')?.toLowerCase() === 'forward';
  const tests = expr.selector.matchers.map(({ name, op, value }) => ({ name, matches: valueTest(op, value) }));
  const selected = entries
    .filter(({ stream, tsNs }) => tsNs >= start && tsNs < end && tests.every(({ name, matches }) => matches(stream.get(name) ?? '')))
    .sort((a, b) => (a.tsNs < b.tsNs ? -1 : a.tsNs > b.tsNs ? 1 : 0));
  const pipeline = buildPipeline(expr.stages);
  const found: Array<{ labels: Labels; ts: string; line: string }> = [];
  for (const entry of forward ? selected : selected.reverse()) {
    const processed = pipeline.forStream(entry.stream).process(chunkOf(entry.stream, [{ tsNs: entry.tsNs, line: entry.line, metadata: entry.metadata }]), 0);
    if (processed && found.length < Number(parameters.get('limit') ?? 100)) {
      found.push({ labels: processed.labels.all, ts: entry.tsNs.toString(), line: processed.line });
    }
  }
  const streams = new Map<string, typeof found>();
  for (const one of found) {
    const key = JSON.stringify(labelsObject(one.labels));
    streams.set(key, [...(streams.get(key) ?? []), one]);
  }
  return [...streams].map(([key, list]) => ({ stream: JSON.parse(key), values: list.map(({ ts, line }) => `${ts} ${line}`).sort() }));
}

const canonical = (streams: Array<{ stream: Record<string, string>; values: string[] }>): string[] =>
  streams.map(({ stream, values }) => JSON.stringify([Object.entries(stream).sort(), values])).sort();

for (const { id, query, url, body } of logCases) {
  test(`${id}: ${query}`, () => {
    const parsed = parse(query ?? '');
    assert.ok(parsed.expr?.kind === 'log', JSON.stringify(parsed.problems));
    const expected = body.data.result.map(({ stream, values }) => ({ stream, values: values.map(([ts, line]) => `${ts} ${line}`).sort() }));
    assert.deepEqual(canonical(answer(parsed.expr, new URL(url, 'http://loki').searchParams)), canonical(expected));
  });
}

/** Mistakes inside stages that only show when they are built. */
for (const { id, query, body } of cases.filter((one) => one.status === 400 && /(?:line template|parser|repeat count|closing|multiple label)/.test(JSON.stringify(one.body)))) {
  test(`${id}: refuses ${query}`, () => {
    const parsed = parse(query ?? '');
    if (parsed.expr?.kind === 'log') {
      const { stages } = parsed.expr;
      assert.throws(() => buildPipeline(stages), { status: 400, message: String(body).trim() });
    } else {
      assert.ok(parsed.problems.length > 0);
    }
  });
}
