import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { directoryOf, filesOf } from './glob';

const root = mkdtempSync(path.join(tmpdir(), 'agent-glob-'));
after(() => rmSync(root, { recursive: true, force: true }));
for (const file of ['a.log', 'b.log', 'deep/c.log', 'deep/.hidden/d.log']) {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), '');
}

for (const [pattern, files] of [
  ['[!a].log', ['b.log']],
  ['[^a].log', ['b.log']],
  ['*/[!x].log', ['deep/c.log']],
  ['**', ['a.log', 'b.log', 'deep/.hidden/d.log', 'deep/c.log']],
  ['deep/**', ['deep/.hidden/d.log', 'deep/c.log']],
  ['a.log/x.log', []],
  ['a.log/*.log', []],
] as const) {
  test(`${pattern} means ${files.length} files`, () => assert.deepEqual(filesOf(path.join(root, pattern), undefined), files.map((file) => path.join(root, file))));
}

test('an exclude leaves files out of a tree', () => {
  assert.deepEqual(filesOf(path.join(root, '**'), path.join(root, 'deep/**')), ['a.log', 'b.log'].map((file) => path.join(root, file)));
});

test('one directory tells of changes only when all files are in it', () => {
  assert.equal(directoryOf('/var/log/*.log'), '/var/log');
  assert.equal(directoryOf('/var/log/**'), undefined);
  assert.equal(directoryOf('**'), undefined);
  assert.equal(directoryOf('/var/*/x.log'), undefined);
});
