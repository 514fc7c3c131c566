import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { obstacleOf } from './obstacle';

const root = mkdtempSync(path.join(tmpdir(), 'agent-obstacle-'));
after(() => rmSync(root, { recursive: true, force: true }));

const closedNames = ['closed', 'other', 'third', 'tree/deep/closed', 'tree/last'];
for (const directory of ['deep', ...closedNames.map((name) => `${name}/in`)]) {
  mkdirSync(path.join(root, directory), { recursive: true });
}
writeFileSync(path.join(root, 'a.log'), '');
chmodSync(root, 0o755);

/** Run as somebody who may not enter the closed directories; root may enter everything. */
function said(pattern: string): string | undefined {
  const isRoot = process.getuid?.() === 0;
  closedNames.forEach((name) => chmodSync(path.join(root, name), isRoot ? 0o700 : 0));
  if (isRoot) {
    process.seteuid?.(65_534);
  }
  try {
    return obstacleOf(path.join(root, pattern))?.replaceAll(root, '');
  } finally {
    process.seteuid?.(process.getuid?.() ?? 0);
    closedNames.forEach((name) => chmodSync(path.join(root, name), 0o700));
  }
}

for (const [pattern, obstacle] of [
  ['*.txt', undefined],
  ['deep/x.log', undefined],
  ['a.log/*', '/a.log is no directory'],
  ['dep/c/*.log', 'there is no directory /dep'],
  ['{dep,deep}/c/*.log', undefined],
  ['closed/*.log', 'this user may not enter the directory /closed'],
  ['closed/in/x.log', 'this user may not enter the directory /closed/in'],
  ['c*/*.log', 'this user may not enter the directory /closed'],
  ['[co]*/in/*.log', 'this user may not enter the directories /closed, /other'],
  ['*/in/*.log', 'this user may not enter the directories /closed, /other, /third'],
  ['d*/*.log', undefined],
  ['tree/*/closed/*.log', 'this user may not enter the directories /tree/last, /tree/deep/closed'],
  ['tree/**', 'this user may not enter the directories /tree/last, /tree/deep/closed'],
  ['**/x.txt', 'this user may not enter the directories /closed, /other, /third and 2 more'],
  ['{tree/last,deep}/*.log', undefined],
] as const) {
  test(`${pattern}: ${obstacle ?? 'no obstacle'}`, () => assert.equal(said(pattern), obstacle));
}
