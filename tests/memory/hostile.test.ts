import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BenchServer } from '../../backend/bench/process';
import { attacks, endAttacks } from './attacks';

/** The default of --memory-max. */
const ceilingBytes = 256 * 1024 * 1024;
const dir = mkdtempSync(path.join(os.tmpdir(), 'binocle-hostile-'));

/** `HOSTILE=long` also runs what takes minutes. */
const long = process.env.HOSTILE === 'long';

describe('the ceiling of memory under hostile load', { skip: process.platform !== 'linux' && 'resident memory is read from /proc' }, () => {
  let server: BenchServer;

  before(async () => {
    const { v8Flags, mallocSettings } = await import('../../scripts/launch.mjs');
    server = await BenchServer.start(path.join('backend', 'dist', 'main.js'), dir, [], { flags: v8Flags, env: mallocSettings });
  });

  after(async () => {
    await endAttacks();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  for (const attack of attacks) {
    test(attack.name, { skip: attack.long && !long && 'HOSTILE=long runs it' }, async (context) => {
      server.resetPeak();
      const statuses = await attack.run(server.url);
      const peak = server.peakBytes();
      context.diagnostic(`${(peak / 1024 / 1024).toFixed(0)} MB; ${[...statuses].map(([status, count]) => `${count} x ${status || 'closed'}`).join(', ')}`);
      assert.ok(![...statuses.keys()].some((status) => status === 500), 'no internal errors');
      const ready = await fetch(`${server.url}/ready`);
      assert.equal(ready.status, 200);
      assert.ok(peak <= ceilingBytes, `${(peak / 1024 / 1024).toFixed(0)} MB of resident memory, the ceiling is ${ceilingBytes / 1024 / 1024}`);
    });
  }
});
