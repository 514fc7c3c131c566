import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { parseFlags } from '../../backend/config/flags';
import { loadServerConfig } from '../../backend/config/server';
import { makeLog } from '../../backend/log';
import { startServer } from '../../backend/server';
import { missing, openOnShards } from '../clickhouse/servers';
import { CopyingRunner, openMemory, openSqlite, type OpenedForTest } from '../scripts/targets';
import { difference } from './compare';
import { jsonBatch, pushBody, recordings } from './fixtures';
import { answerInProcess } from './inProcess';

/** Time of receipt of the push: just behind its newest entry. */
const receivedNs = 1_795_176_600_000_000_000n;

/**
 * Requests that do not agree with Loki yet, one id a line with the reason. The file must be right: an id that agrees again must be
 * taken out, so that it can't be lost.
 */
const known = new Map(
  readFileSync(path.join(__dirname, 'disagree.txt'), 'utf8')
    .split('\n')
    .filter((line) => /^o\d/.test(line))
    .map((line): [string, string] => [line.split(' ')[0], line])
);

/** Fails for what disagrees and is not known to, and for what is known to and agrees. */
function judge(found: Map<string, string | undefined>, asked: number, say: (text: string) => void): void {
  const wrong = [...found].filter(([id, text]) => text !== undefined && !known.has(id)).map(([id, text]) => `${id} ${text}`);
  const repaired = [...found].filter(([id, text]) => text === undefined && known.has(id)).map(([id]) => id);
  const agreeing = [...found.values()].filter((text) => text === undefined).length;
  say(`${agreeing} of ${asked} agree (${recordings.length} recorded)`);
  assert.equal(wrong.join('\n'), '');
  assert.deepEqual(repaired, [], 'these agree now: take them out of disagree.txt');
}

const stores: Array<{ name: string; parallel: number; compact?: boolean; open: () => Promise<OpenedForTest>; skip?: string | false }> = [
  { name: 'memory', parallel: 1, open: openMemory },
  { name: 'memory, three fragments at a time', parallel: 3, open: openMemory },
  { name: 'sqlite, fresh rows', parallel: 1, open: openSqlite },
  { name: 'sqlite, blocks', parallel: 2, compact: true, open: openSqlite },
  { name: 'clickhouse, two shards', parallel: 1, open: openOnShards, skip: missing },
];

for (const { name, parallel, compact, open, skip } of stores) {
  test(`answers of a real Loki, in process, ${name}`, { skip }, async (context) => {
    const { store, release } = await open();
    await store.append(jsonBatch(pushBody, 'fake', receivedNs));
    if (compact) {
      await store.compact();
    }
    const runner = new CopyingRunner(store, parallel);
    const found = new Map<string, string | undefined>();
    for (const recorded of recordings) {
      const answer = await answerInProcess(recorded.url, runner);
      if (answer) {
        found.set(recorded.id, difference(recorded, answer)); // the others are about parameters or other endpoints
      }
    }
    await store.close();
    release();
    judge(found, found.size, (text) => context.diagnostic(text));
    assert.ok(found.size > 300);
  });
}

test('answers of a real Loki, over HTTP', async (context) => {
  const flags = parseFlags(['--store=memory', '--port=0'], new Set());
  const server = await startServer(loadServerConfig({ flags, env: {} }), makeLog('error', 'logfmt'), {});
  try {
    const pushed = await fetch(`${server.url}/loki/api/v1/push`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: Uint8Array.from(pushBody) });
    assert.equal(pushed.status, 204, await pushed.text());
    const found = new Map<string, string | undefined>();
    for (const recorded of recordings) {
      const response = await fetch(`${server.url}${recorded.url}`);
      const text = await response.text();
      const json = response.headers.get('content-type')?.startsWith('application/json') ?? false;
      found.set(recorded.id, difference(recorded, { status: response.status, body: json ? JSON.parse(text) : text }));
    }
    judge(found, recordings.length, (text) => context.diagnostic(text));
  } finally {
    await server.stop();
  }
});
