import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeStreamEntries } from '../model/entry';
import { makeLabels } from '../model/labels';
import { defaultIngestLimits, type IngestLimits } from './limits';
import { RateLimiter } from './rateLimit';

/** Answers of a limiter: `taken`, or the first words of the refusal. A push is `seconds tenant stream:bytes stream:bytes`. */
function answers(limits: Partial<IngestLimits>, pushes: string[]): string[] {
  const limiter = new RateLimiter();
  return pushes.map((push) => {
    const [seconds, tenant, ...streams] = push.split(' ');
    const parts = streams.map((stream) => stream.split(':')).map(([name, bytes]) => ({ name, bytes: Number(bytes) }));
    const entries = parts.flatMap(({ name, bytes }) => makeStreamEntries(makeLabels([['s', name]]), [{ tsNs: 1n, line: Buffer.alloc(bytes - 1, 'x') }, { tsNs: 2n, line: Buffer.from('x') }]));
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    try {
      limiter.take(tenant, entries, parts.length, bytes, { ...defaultIngestLimits, ...limits }, Number(seconds) * 1000);
      return 'taken';
    } catch (error) {
      assert.equal((error as { status?: number }).status, 429);
      return (error as Error).message.split(' ').slice(0, 3).join(' ');
    }
  });
}

const none: Partial<IngestLimits> = { ingestionRateBytes: 0, ingestionBurstBytes: 0, perStreamRateBytes: 0, perStreamBurstBytes: 0, maxStreams: 0 };

test('a tenant may send its burst at once and its rate from then on, also when the clock was set back; others have their own', () => {
  const pushes = ['0 t a:300', '0 t a:1', '0 u a:300', '0 u a:1', '1 t a:101', '1 t a:100', '1 t a:1', '100 t a:301', '100 t b:150 c:150', '99 t a:1', '100 t a:101', '100 t a:100', '100 t a:1'];
  const over = 'Ingestion rate limit';
  assert.deepEqual(answers({ ...none, ingestionRateBytes: 100, ingestionBurstBytes: 300 }, pushes), [
    'taken', over, 'taken', over, over, 'taken', over, over, 'taken', over, over, 'taken', over,
  ]);
});

test('a burst below the rate is the rate', () => {
  assert.deepEqual(answers({ ...none, ingestionRateBytes: 100, ingestionBurstBytes: 1 }, ['0 t a:101', '0 t a:100']), ['Ingestion rate limit', 'taken']);
});

test('each stream has its own rate, and a push that goes over one takes nothing from the others', () => {
  const pushes = ['0 t a:100 b:40', '0 t a:1', '0 t b:61', '0 t b:60 a:1', '0 t b:60', '0 t b:1', '1 t a:50 b:51', '1 t a:50 b:50', '1 t a:1'];
  const over = 'Per stream rate';
  assert.deepEqual(answers({ ...none, perStreamRateBytes: 50, perStreamBurstBytes: 100 }, pushes), ['taken', over, over, over, 'taken', over, over, 'taken', over]);
});

test('a stream that had no entry for a quarter of an hour makes room for another', () => {
  const pushes = ['0 t a:1 b:1', '1 t c:1', '1 u c:1', '600 t a:1', '900 t c:1', '901 t c:1', '901 t a:1 c:1', '901 t b:1', '1802 t b:1'];
  const over = 'Maximum active stream';
  assert.deepEqual(answers({ ...none, maxStreams: 2 }, pushes), ['taken', over, 'taken', 'taken', over, 'taken', 'taken', over, 'taken']);
});

test('without limits everything is taken', () => {
  assert.deepEqual(answers(none, ['0 t a:1000000', '0 t a:1000000']), ['taken', 'taken']);
});
