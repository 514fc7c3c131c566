import { makeStreamEntries } from '../../backend/model/entry';
import { makeLabels } from '../../backend/model/labels';
import { matcher } from '../../backend/store/matchers';
import { openStore } from '../../backend/store/open';
import type { ChildMessage, ParentMessage } from './messages';

/**
 * A store in a process that is there to be killed. Seals after every few pushes, merges at once and applies retention all the time, so that
 * a kill meets every kind of work.
 */
const [dir] = process.argv.slice(2);
const send = (message: ChildMessage): void => {
  process.send?.(message);
};

async function main(): Promise<void> {
  const seal = { hotBytesMax: 24_000, hotRowsMax: 200, hotAgeMs: 50, mergeEveryMs: 0 };
  const { store } = await openStore({ driver: 'sqlite', dir, readerThreads: 1, seal, log: (message, error) => console.error(message, error ?? '') });
  process.on('message', (message: ParentMessage) => {
    const streams = message.streams.flatMap(({ labels, entries }) => makeStreamEntries(makeLabels(Object.entries(labels)), entries.map(({ ts, line }) => ({ tsNs: BigInt(ts), line: Buffer.from(line) }))));
    const receipt = { agent: message.agent, sequence: message.sequence, state: '' };
    store.append({ tenant: message.tenant, streams }, receipt).then(
      (result) => send({ kind: 'done', number: message.number, ...result }),
      (error: Error) => send({ kind: 'failed', number: message.number, error: error.message })
    );
  });
  for (let round = 0; ; round++) {
    send({ kind: 'round' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const step = round % 6;
    if (step === 2) {
      await store.retain({ rules: [{ tenant: '*', matchers: [matcher('app', '=', 'gone')], ageNs: 1n }] }, BigInt(Date.now()) * 1_000_000n);
    } else if (step === 5) {
      await store.compact();
    }
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
