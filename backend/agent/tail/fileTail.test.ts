import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { EntrySink } from '../client/client';
import { LineClock } from '../clock';
import { LabelSet } from '../labelSet';
import type { Log } from '../log';
import { AgentMetrics } from '../metrics';
import { JobOutput } from '../output';
import { Positions } from '../positions/positions';
import { Descriptors } from './descriptors';
import { FileTail, type TailShared } from './fileTail';
import { plainLines } from './lines';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

test('a renamed file is read once although no tail had a turn for longer than renamed files are watched', (context) => {
  const root = mkdtempSync(path.join(os.tmpdir(), 'binocle-renamed-'));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const lines: string[] = [];
  const sink: EntrySink = {
    name: 'sink', full: false, stop: async () => undefined, add: () => assert.fail('lines come as bytes'),
    addBytes: (_labels, _seconds, _nanos, source, start, end) => lines.push(Buffer.from(source.subarray(start, end)).toString()),
  };
  const positions = new Positions({ file: path.join(root, 'positions.yaml'), ignoreInvalid: false, clients: ['sink'], readOnly: false, log: silent });
  const shared: TailShared = { positions, descriptors: new Descriptors(10), metrics: new AgentMetrics(), log: silent, scratch: { bytes: Buffer.alloc(1_024) }, byInode: new Map() };
  const file = (name: string) => path.join(root, name);
  const tailOf = (name: string, nowMs: number) => new FileTail('target', file(name), LabelSet.from([]), plainLines, new JobOutput('job', undefined, [sink], new LineClock(), undefined), shared, nowMs);
  let nowMs = Date.now();
  appendFileSync(file('log'), 'one\n');
  const first = tailOf('log', nowMs);
  first.turn(nowMs, 1_000);
  renameSync(file('log'), file('log.1'));
  first.turn(nowMs, 1_000);
  // The machine was suspended before the new name was found.
  nowMs += 3_600_000;
  first.turn(nowMs, 1_000);
  const second = tailOf('log.1', nowMs);
  second.turn(nowMs, 1_000);
  assert.deepEqual([lines, first.busy], [['one'], false]);
  for (let seconds = 0; seconds <= 30; seconds++) {
    appendFileSync(file('log.1'), `${seconds}\n`);
    second.turn((nowMs += 1_000), 1_000);
  }
  assert.equal(lines.length, 32);
  first.stop();
  second.stop();
});
