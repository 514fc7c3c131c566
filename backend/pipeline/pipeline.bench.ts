import type { Stage } from '../../src/logql/ast';
import { parse } from '../../src/logql/index';
import { makeLabels } from '../model/labels';
import type { Chunk } from '../store/store';
import { buildPipeline } from './index';
import type { PipelineOptions } from './pipeline';
import { chunkOf } from './testChunk';

/** Lines per second of pipelines on one core: `node --import tsx backend/pipeline/pipeline.bench.ts`. */

const stream = makeLabels([
  ['app', 'api'],
  ['host', 'h1'],
]);
const linesPerChunk = 1_500;
const chunks = 400;

function chunksOf(line: (i: number) => string): Chunk[] {
  return Array.from({ length: chunks }, (_, c) =>
    chunkOf(stream, Array.from({ length: linesPerChunk }, (__, i) => ({ tsNs: BigInt(c * linesPerChunk + i) * 1_000_000n, line: line(c * linesPerChunk + i) })))
  );
}

const statuses = [200, 200, 200, 201, 304, 404, 500];
const json = chunksOf(
  (i) =>
    `{"level":"info","msg":"request completed","http":{"method":"GET","path":"/api/v1/items/${i % 977}","status":${statuses[i % 7]}},"latency_ms":${i % 1000},"trace_id":"${(i * 2654435761).toString(16).padStart(16, '0')}"}`
);
const logfmt = chunksOf(
  (i) => `level=info ts=2026-11-20T12:00:00Z caller=main.go:${i % 300} msg="request completed" method=GET path=/api/v1/items/${i % 977} status=${statuses[i % 7]} duration=${i % 1000}ms bytes=${i % 5000}`
);

function measure(name: string, data: Chunk[], query: string, options: PipelineOptions = {}): void {
  const parsed = parse(`{app="api"} ${query}`);
  if (parsed.expr?.kind !== 'log') {
    throw new Error(JSON.stringify(parsed.problems));
  }
  const stages: Stage[] = parsed.expr.stages;
  let best = Infinity;
  let passed = 0;
  for (let round = 0; round < 3; round++) {
    const from = process.hrtime.bigint();
    const pipeline = buildPipeline(stages, options).forStream(stream);
    passed = 0;
    for (const chunk of data) {
      for (let i = 0; i < chunk.count; i++) {
        passed += pipeline.process(chunk, i) ? 1 : 0;
      }
    }
    best = Math.min(best, Number(process.hrtime.bigint() - from) / 1e6);
  }
  const lines = data.length * linesPerChunk;
  console.log(`${name.padEnd(58)} ${best.toFixed(0).padStart(6)} ms for ${lines} lines, ${passed} pass`);
}

const bytes = json.reduce((sum, chunk) => sum + chunk.text.length, 0);
console.log(`JSON lines of ${(bytes / (chunks * linesPerChunk)).toFixed(0)} bytes`);
const span = { start: 0, end: 0 };
const needs = (...labels: string[]) => ({ labelsNeeded: new Set(labels) });

measure('|= "needle" (nowhere)', json, '|= "needle"');
measure('|~ "(?i)NEEDLE|haystack"', json, '|~ "(?i)NEEDLE|haystack"');
measure('|~ "items/9[0-9]+"', json, '|~ "items/9[0-9]+"');
measure('| json | http_status="500", all labels', json, '| json | http_status="500"');
measure('| json | http_status="500", by (http_method)', json, '| json | http_status="500"', needs('http_method'));
measure('| json | http_status>=500, by (http_method)', json, '| json | http_status>=500', needs('http_method'));
measure('| json | latency_ms>990, all labels', json, '| json | latency_ms>990');
measure('| json, all labels', json, '| json');
measure('| json, by (http_status)', json, '| json', needs('http_status'));
measure('| logfmt | unwrap duration(duration) by (status)', logfmt, '| logfmt', {
  ...needs('status'),
  unwrap: { label: 'duration', conversion: 'duration', filters: [], span },
});
measure('| logfmt | unwrap duration(duration), by ()', logfmt, '| logfmt', { ...needs('duration'), unwrap: { label: 'duration', conversion: 'duration', filters: [], span } });
measure('| logfmt | status>=500, all labels', logfmt, '| logfmt | status>=500');
measure('| pattern', logfmt, '| pattern `<_> method=<method> path=<path> status=<status> <_>`', needs('method', 'status'));
measure('| line_format "{{.app}} {{__line__ | trunc 20}}"', json, '| line_format "{{.app}} {{__line__ | trunc 20}}"');
