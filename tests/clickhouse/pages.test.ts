import assert from 'node:assert/strict';
import test from 'node:test';
import { batch, contractDayNs, entry, labels, never, scanOf } from '../../backend/store/contract';
import { openStore } from '../../backend/store/open';
import { ScanWindows } from '../../backend/store/clickhouse/scanWindows';
import type { Scan, StoreReader } from '../../backend/store/store';
import { missing, startServers } from './servers';

const tenant = 't';
const minuteNs = 60_000_000_000n;
const dayNs = 1440n * minuteNs;

/** Times and lines in the order of the chunks, and whether that order is one. */
async function read(reader: StoreReader, scan: Scan): Promise<string[]> {
  const lines: string[] = [];
  let last: bigint | undefined;
  for await (const chunk of reader.scan(scan, never)) {
    const edge = scan.direction === 'backward' ? chunk.maxNs : chunk.minNs;
    assert.ok(last === undefined || (scan.direction === 'backward' ? edge <= last : edge >= last), 'chunks come in order');
    last = edge;
    for (let i = 0; i < chunk.count; i++) {
      lines.push(`${chunk.baseNs + BigInt(chunk.times[i])} ${Buffer.from(chunk.text.subarray(chunk.offsets[i], chunk.offsets[i + 1])).toString()}`);
    }
  }
  return lines;
}

test('a scan with a limit reads every entry once, whatever comes at the same instant', { skip: missing }, async (context) => {
  const servers = await startServers(2);
  context.after(() => servers.stop());
  const { store } = await openStore({ driver: 'clickhouse', url: servers.address('pages', 'partial=allow') });
  // three days; hundreds at an instant, and once more than any page has
  const streams = Array.from({ length: 8 }, (_, k): Parameters<typeof batch>[1] => [
    labels({ app: String(k) }),
    Array.from({ length: 3_000 }, (_, i) => {
      const at = i < 500 ? contractDayNs + 23n * 60n * minuteNs : contractDayNs + BigInt(i % 3) * dayNs + BigInt(Math.floor(i / 40)) * 11n * minuteNs;
      return entry(at, `${i % 5 ? 'common' : 'rare'} ${k} ${i}`);
    }),
  ]);
  await store.append(batch(tenant, ...streams));
  const partial = store.partial!((warning) => assert.fail(warning))!;
  for (const direction of ['forward', 'backward'] as const) {
    for (const texts of [[], ['common'], ['nowhere']]) {
      const scan = scanOf({ tenant, direction, hints: texts.length > 0 ? [{ kind: 'any', texts, ignoreCase: false }] : [] });
      const wanted = await read(store, scan);
      assert.equal(wanted.length, texts[0] === 'nowhere' ? 0 : texts.length > 0 ? 19_200 : 24_000);
      for (const reader of [store, partial]) {
        for (const limitHint of [1, 400, 20_000]) {
          const found = await read(reader, { ...scan, limitHint });
          assert.deepEqual(found.sort(), [...wanted].sort(), `${direction} ${texts} ${limitHint}`);
        }
      }
    }
  }
  await store.close();
});

test('windows of a scan: whole days without a limit, else growing by what was found', () => {
  const [day] = [Number(contractDayNs / dayNs)];
  const windowsOf = (partial: Partial<Scan>, rows: number[]): number[] => {
    const windows = new ScanWindows(scanOf({ startNs: contractDayNs, endNs: contractDayNs + 2n * dayNs, ...partial }), [day, day + 1, day]);
    const minutes: number[] = [];
    for (let window = windows.next(); window; window = windows.next()) {
      minutes.push(Number((window.endNs - window.startNs) / minuteNs));
      windows.grow(rows.shift() ?? 0);
    }
    return minutes;
  };
  assert.deepEqual(windowsOf({}, []), [1440, 1440]);
  assert.deepEqual(windowsOf({ limitHint: 100 }, [0]), [15, 1425, 1440], 'nothing found: whole days at once');
  assert.deepEqual(windowsOf({ limitHint: 100, direction: 'backward' }, [50, 100, 1000, 9999]), [15, 60, 240, 960, 165, 1440], 'at least four times as long');
  assert.deepEqual(windowsOf({ limitHint: 100 }, [2, 90]), [15, 1425, 1440], 'as much longer as is missing');
  assert.deepEqual(windowsOf({ limitHint: 100, startNs: contractDayNs + dayNs - 10n * minuteNs }, [90]), [10, 60, 1380], 'a window over midnight is cut there');
});
