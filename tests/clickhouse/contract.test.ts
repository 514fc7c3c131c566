import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { runStoreContract } from '../../backend/store/contract';
import { openStore } from '../../backend/store/open';
import type { Store } from '../../backend/store/store';
import { modernMissing, startModern } from './modern';
import { missing, startServers, type Servers } from './servers';

/** Rounds of the random contract: each has some mutations, which take a quarter of a second on an old server. */
const randomRounds = 7;

for (const shards of [1, 2]) {
  describe(`ClickHouse, ${shards === 1 ? 'one server' : `${shards} shards`}`, { skip: missing }, () => {
    let servers: Servers;
    let databases = 0;
    const urls = new Map<Store, { url: string; keepRepeats?: boolean }>();
    const open = async (url: string, keepRepeats?: boolean): Promise<Store> => {
      const { store } = await openStore({ driver: 'clickhouse', url, keepRepeats });
      urls.set(store, { url, keepRepeats });
      return store;
    };
    before(async () => {
      servers = await startServers(shards);
    });
    after(() => servers.stop());
    runStoreContract(
      `clickhouse, ${shards} shards`,
      {
        open: ({ keepRepeats }) => open(servers.address(`contract${databases++}`), keepRepeats),
        reopen: async (store) => {
          const { url, keepRepeats } = urls.get(store)!;
          await store.close();
          return open(url, keepRepeats);
        },
      },
      { randomRounds }
    );
    if (shards > 1) {
      // reading from each shard for itself, as where answers without dead shards are allowed
      runStoreContract('clickhouse, shard by shard', { open: async ({ keepRepeats }) => readShardByShard(await open(servers.address(`contract${databases++}`, 'partial=allow'), keepRepeats)) }, { randomRounds: 2 });
    }
  });
}

describe('ClickHouse, the modern engine', { skip: modernMissing }, () => {
  let engine: Awaited<ReturnType<typeof startModern>>;
  let databases = 0;
  before(async () => {
    engine = await startModern();
  });
  after(() => engine.stop());
  const open = async ({ keepRepeats }: { keepRepeats?: boolean }): Promise<Store> => (await openStore({ driver: 'clickhouse', url: engine.address(`contract${databases++}`), keepRepeats })).store;
  runStoreContract('clickhouse, the modern engine', { open }, { randomRounds });
});

function readShardByShard(store: Store): Store {
  const reader = store.partial!((warning) => assert.fail(warning))!;
  return Object.assign(store, {
    scan: reader.scan.bind(reader), count: reader.count!.bind(reader), stats: reader.stats.bind(reader),
    labelNames: reader.labelNames.bind(reader), labelValues: reader.labelValues.bind(reader), series: reader.series.bind(reader),
  });
}
