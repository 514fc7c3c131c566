import { makeLabels } from '../model/labels';
import { MemoryStore } from '../store/memory';
import { labelsTest } from '../store/matchers';
import type { Chunk, Scan, StoreReader } from '../store/store';
import { defaultLimits } from './budget';
import { LocalRunner } from './localRunner';
import { runQuery } from './run';

/**
 * Whole queries over 600,000 lines of an hour that lie in memory as chunks, one thread: what the engine and the pipeline cost without
 * a store. Bundle it first, since constants of other modules are getters when the sources run directly:
 * `npx esbuild backend/query/query.bench.ts --bundle --platform=node --outfile=/tmp/query.bench.cjs && node /tmp/query.bench.cjs [PART OF A QUERY]`.
 */

const lines = 600_000;
const streams = 20;
const linesOfChunk = 1_500;
const hourNs = 3_600_000_000_000;
const zeroNs = 1_795_176_000_000_000_000n;
const rounds = 3;

let state = 1;
function random(below: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return (state >>> 8) % below;
}

function makeLine(json: boolean): string {
  const level = ['info', 'warn', 'error', 'debug'][random(4)];
  const status = [200, 200, 200, 404, 500][random(5)];
  const [caller, item, took, bytes] = [random(900), random(10_000), random(100_000) / 1000, random(100_000)];
  const trace = random(2 ** 30).toString(16).padStart(8, '0').repeat(2);
  return json
    ? `{"ts":"2026-11-20T12:00:00Z","level":"${level}","caller":"http.go:${caller}","method":"GET","path":"/api/v1/items/${item}","http_status":"${status}","duration":${took},"bytes":${bytes},"trace_id":"${trace}","msg":"request served"}`
    : `ts=2026-11-20T12:00:00Z level=${level} caller=http.go:${caller} method=GET path=/api/v1/items/${item} http_status=${status} duration=${took}ms bytes=${bytes} msg="request served"`;
}

function makeChunks(): Chunk[] {
  const chunks: Chunk[] = [];
  const spacingNs = Math.floor(hourNs / (lines / streams));
  for (let s = 0; s < streams; s++) {
    const stream = makeLabels([['app', s % 2 === 1 ? 'json' : 'logfmt'], ['host', `h${s}`]]);
    for (let c = 0; c < lines / streams / linesOfChunk; c++) {
      const texts = Array.from({ length: linesOfChunk }, () => makeLine(s % 2 === 1));
      const offsets = new Uint32Array(linesOfChunk + 1);
      texts.forEach((text, i) => (offsets[i + 1] = offsets[i] + text.length));
      const times = Float64Array.from({ length: linesOfChunk }, (_, i) => i * spacingNs + s);
      const baseNs = zeroNs + BigInt(c * linesOfChunk * spacingNs);
      const maxNs = baseNs + BigInt(times[linesOfChunk - 1]);
      chunks.push({ stream, streamId: String(s), count: linesOfChunk, minNs: baseNs, maxNs, baseNs, times, offsets, text: Buffer.from(texts.join('')) });
    }
  }
  return chunks;
}

/** Nothing but ready chunks: no counts, no index. */
class ReadyChunks extends MemoryStore {
  override readonly count = undefined as never;

  constructor(private readonly chunks: Chunk[]) {
    super();
  }

  override async *scan(scan: Scan): AsyncGenerator<Chunk> {
    const selected = labelsTest(scan.matchers);
    const covered = this.chunks.filter((chunk) => chunk.minNs < scan.endNs && chunk.maxNs >= scan.startNs && selected(chunk.stream));
    yield* covered.sort((a, b) => (scan.direction === 'forward' ? Number(a.minNs - b.minNs) : Number(b.maxNs - a.maxNs)));
  }
}

const queries: Array<[query: string, stepS: number]> = [
  ['sum by (host) (rate({app=~"json|logfmt"}[5m]))', 30],
  ['sum by (level) (count_over_time({app="json"} | json | http_status="500" [5m]))', 30],
  ['sum by (level) (count_over_time({app="logfmt"} | logfmt | http_status="500" [5m]))', 30],
  ['quantile_over_time(0.99, {app="logfmt"} | logfmt | unwrap duration(duration) [5m]) by (host)', 30],
  ['quantile_over_time(0.99, {app="json"} | json | unwrap duration [5m]) by (host)', 30],
  ['stddev_over_time({app="json"} | json | unwrap duration [5m]) by (level)', 30],
  ['sum by (level) (sum_over_time({app="logfmt"} | logfmt | unwrap bytes [1m]))', 30],
  ['sum(count_over_time({app="json"} |~ "items/1[0-9]+" [5m]))', 30],
  ['topk(5, sum by (path) (count_over_time({app="json"} | json [5m])))', 300],
  ['{app="json"} |= "nowhere to be found"', 60],
  ['{app="json"} | json | level="error"', 60],
  ['{app=~".+"}', 60],
];

async function main(wanted: string): Promise<void> {
  const reader: StoreReader = new ReadyChunks(makeChunks());
  for (const [query, stepS] of queries.filter(([text]) => text.includes(wanted))) {
    let best = Infinity;
    let read = 0;
    for (let round = 0; round < rounds; round++) {
      const started = performance.now();
      const request = {
        kind: 'range' as const, tenants: ['t'], query, startNs: zeroNs, endNs: zeroNs + BigInt(hourNs), stepNs: BigInt(stepS) * 1_000_000_000n,
        limit: 100, direction: 'backward' as const, intervalNs: 0,
      };
      const { stats } = await runQuery(request, { runner: new LocalRunner(reader), limits: defaultLimits }, new AbortController().signal);
      best = Math.min(best, performance.now() - started);
      read = stats.linesProcessed;
    }
    console.log(`${best.toFixed(0).padStart(6)} ms  ${String(read).padStart(7)} lines  ${(process.memoryUsage().rss / 1e6).toFixed(0).padStart(4)} MB  ${query}`);
  }
}

void main(process.argv[2] ?? '');
