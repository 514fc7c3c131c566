import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { CopyingRunner } from '../scripts/targets';
import { MemoryStore } from '../../backend/store/memory';
import type { Store } from '../../backend/store/store';
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

const stores: Array<{ name: string; parallel: number; open: () => Promise<Store> }> = [
  { name: 'memory', parallel: 1, open: async () => new MemoryStore() },
  { name: 'memory, three fragments at a time', parallel: 3, open: async () => new MemoryStore() },
];

for (const { name, parallel, open } of stores) {
  test(`answers of a real Loki, in process, ${name}`, async (context) => {
    const store = await open();
    await store.append(jsonBatch(pushBody, 'fake', receivedNs));
    const runner = new CopyingRunner(store, parallel);
    const wrong: string[] = [];
    const repaired: string[] = [];
    let asked = 0;
    for (const recorded of recordings) {
      const answer = await answerInProcess(recorded.url, runner);
      if (!answer) {
        continue; // about parameters or other endpoints: asked over HTTP
      }
      asked++;
      const found = difference(recorded, answer);
      if (found && !known.has(recorded.id)) {
        wrong.push(`${recorded.id} ${recorded.query}\n    ${found}`);
      } else if (!found && known.has(recorded.id)) {
        repaired.push(recorded.id);
      }
    }
    await store.close();
    context.diagnostic(`${asked - wrong.length - known.size + repaired.length} of ${asked} agree (${recordings.length} recorded)`);
    assert.equal(wrong.join('\n'), '');
    assert.deepEqual(repaired, [], 'these agree now: take them out of disagree.txt');
    assert.ok(asked > 300);
  });
}
