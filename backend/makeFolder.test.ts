import assert from 'node:assert';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { makeFolder } from './makeFolder';

test('folders are made, also twice; a file or a file system in the way is an error', (context) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'binocle-folder-'));
  context.after(() => rmSync(dir, { recursive: true }));
  makeFolder(path.join(dir, 'a/b/c'));
  makeFolder(path.join(dir, 'a/b/c'));
  assert.ok(statSync(path.join(dir, 'a/b/c')).isDirectory());
  writeFileSync(path.join(dir, 'file'), '');
  assert.throws(() => makeFolder(path.join(dir, 'file')), /EEXIST/);
  assert.throws(() => makeFolder(path.join(dir, 'file/below')), /ENOTDIR/);
  if (existsSync('/proc/self')) {
    assert.throws(() => makeFolder('/proc/no/such'), /ENOENT/);
  }
});
