import { parse } from '../../../src/logql';
import type { LogExpr } from '../../../src/logql/ast';
import { makeLabels } from '../../model/labels';
import { buildPipeline } from '../../pipeline';
import { keepShape } from '../../runtime/shapes';
import type { Chunk } from '../../store/store';
import { FragmentBudget } from '../budget';
import type { LogFragment } from '../fragment';
import { EntryCollector } from './entryCollector';

/** Late in a day: numbers beyond 31 bits are kept otherwise than small ones. */
const timeNs = 80_000_000_000_000n;

/** Everything that a reader thread makes anew for each log query, with one entry in it: V8 then remembers what it compiled for objects of these shapes. */
function keepShapesOf(query: string, line: string): void {
  const text = Buffer.from(line);
  const [stream, metadata] = [makeLabels([['app', 'web']]), makeLabels([['pod', 'web-1']])];
  const chunk: Chunk = {
    stream, streamId: '', count: 1, minNs: timeNs, maxNs: timeNs, baseNs: 0n, times: Float64Array.of(Number(timeNs)), offsets: Uint32Array.of(0, text.length), text,
    metadata: new Uint32Array(1), metadataSets: [metadata], levels: Uint8Array.of(1),
  };
  const expr = parse(query).expr as LogExpr;
  const limits = { bytesMax: 0, cellsMax: 1_000, textBytesMax: 1_000 };
  const fragment: LogFragment = { kind: 'log', tenants: ['t'], limits, expr, direction: 'backward', limit: 1, intervalNs: 0, startNs: 0n, endNs: 2n * timeNs, pauseBytes: 0 };
  const budget = new FragmentBudget(limits);
  const collector = new EntryCollector(fragment, budget);
  const pipeline = buildPipeline(expr.stages, {}).forStream(stream);
  collector.offer(chunk, 0, pipeline);
  [pipeline, collector, budget, collector.finish()].forEach(keepShape);
}

keepShapesOf('{app="web"} | json', '{"level":"info","took":5,"ok":true,"user":{"name":"a"}}');
keepShapesOf('{app="web"} | logfmt', 'level=info took=5 msg="a b"');
