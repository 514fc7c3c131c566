import assert from 'node:assert/strict';
import test from 'node:test';
import { eachTenant } from './question';

test('more answers than a call may have arguments are put together', async () => {
  const many = Array.from({ length: 300_000 }, (_, i) => `value ${i}`);
  const answersOf = (...tenants: string[]): Promise<string[]> => eachTenant({ tenants, startNs: 0n, endNs: 1n, matchers: [] }, async () => many);
  assert.equal((await answersOf('a')).length, many.length);
  assert.equal((await answersOf('a', 'b')).length, 2 * many.length);
});
