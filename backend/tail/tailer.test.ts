import assert from 'node:assert';
import { test } from 'node:test';
import { parse, type LogExpr } from '../../src/logql';
import { Hub } from '../ingest/hub';
import { Tailer } from './tailer';

/** Publishes `count` lines of `size` characters, with as many of metadata as asked for, before the client takes a frame. */
function tailed(count: number, size: number, metadataSize = 0): { frames: Array<{ lines: number; chars: number; dropped: number }> } {
  const hub = new Hub();
  const tailer = new Tailer(hub, { tenant: 't', expr: parse('{a="b"}').expr as LogExpr, delayMs: 0, flags: new Set(), now: () => 1 }, () => undefined);
  for (let i = 0; i < count; i++) {
    const body = Buffer.alloc(size, 'x');
    hub.publish({ tenant: 't', streams: [{ labels: new Map([['a', 'b']]), count: 1, baseNs: BigInt(i), times: Float64Array.of(0), body, starts: Uint32Array.of(0), ends: Uint32Array.of(size), ...(metadataSize > 0 ? { metadata: [new Map([['m', `${i} `.padEnd(metadataSize, 'y')]])] } : {}) }] });
  }
  const frames = [];
  for (let frame = tailer.next(); frame; frame = tailer.next()) {
    const lines = frame.streams.flatMap(({ values }) => values.map(([, line]) => line));
    frames.push({ lines: lines.length, chars: lines.reduce((sum, line) => sum + line.length, 0), dropped: frame.dropped_entries?.length ?? 0 });
  }
  tailer.close();
  return { frames };
}

test('what waits for a client that does not read is bounded by entries and by characters; what is beyond is reported', () => {
  const total = ({ frames }: ReturnType<typeof tailed>): number[] => [frames.reduce((sum, { lines }) => sum + lines, 0), frames.reduce((sum, { dropped }) => sum + dropped, 0)];
  assert.deepStrictEqual(total(tailed(1_500, 10)), [1_000, 500], 'short lines: by entries');
  assert.deepStrictEqual(total(tailed(50, 100_000)), [5, 45], 'long lines: by characters');
  assert.deepStrictEqual(total(tailed(2, 3_000_000)), [1, 1], 'a line longer than the bound still arrives when nothing waits');
});

test('labels of what waits are bounded as well, and those of what is left out', () => {
  const { frames } = tailed(1_000, 10, 50_000);
  const [lines, dropped] = [frames.reduce((sum, frame) => sum + frame.lines, 0), frames.reduce((sum, frame) => sum + frame.dropped, 0)];
  assert.ok(lines >= 10 && lines <= 20, `${lines} lines`);
  assert.ok(dropped >= 5 && dropped <= 20, `${dropped} are named`);
  const usual = tailed(1_000, 200, 800).frames;
  assert.equal(usual.reduce((sum, frame) => sum + frame.lines, 0), 1_000, 'a burst of usual lines is kept');
});
