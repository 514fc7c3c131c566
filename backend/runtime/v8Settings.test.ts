import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';

test('this version of Node knows the settings: it says nothing about them', () => {
  const main = path.join(__dirname, '..', 'dist', 'main.js');
  const { status, stderr } = spawnSync(process.execPath, [main, '--help'], { encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
});
