import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { directoryOf, filesOf, obstacleOf } from './glob';

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

test('what keeps a pattern from meaning a file is said', () => {
  const closed = path.join(root, 'closed');
  mkdirSync(path.join(closed, 'in'), { recursive: true });
  chmodSync(root, 0o755);
  chmodSync(closed, 0o700);
  const said = (pattern: string): string | undefined => obstacleOf(path.join(root, pattern))?.replace(root, '');
  assert.equal(said('*.txt'), undefined);
  assert.equal(said('deep/x.log'), undefined);
  assert.equal(said('a.log/*'), '/a.log is no directory');
  assert.equal(said('dep/c/*.log'), 'there is no directory /dep');
  assert.equal(said('{dep,deep}/c/*.log'), undefined);
  // Whoever runs this may enter everything when it is root.
  if (process.getuid?.() === 0) {
    process.seteuid?.(65_534);
  } else {
    chmodSync(closed, 0);
  }
  assert.equal(said('closed/*.log'), 'this user may not enter the directory /closed');
  assert.equal(said('closed/in/x.log'), 'this user may not enter the directory /closed/in');
  process.seteuid?.(process.getuid?.() ?? 0);
  chmodSync(closed, 0o700);
});

test('one directory tells of changes only when all files are in it', () => {
  assert.equal(directoryOf('/var/log/*.log'), '/var/log');
  assert.equal(directoryOf('/var/log/**'), undefined);
  assert.equal(directoryOf('**'), undefined);
  assert.equal(directoryOf('/var/*/x.log'), undefined);
});
