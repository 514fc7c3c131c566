import assert from 'node:assert/strict';
import test from 'node:test';
import type { Request } from 'express';
import type { StoreReader } from '../store/store';
import type { AppSettings } from './deps';
import { eachTenant } from './labels';

test('more answers than a call may have arguments are put together', async () => {
  const many = Array.from({ length: 300_000 }, (_, i) => `value ${i}`);
  const settings = { authEnabled: true, multiTenantQueries: true } as AppSettings;
  const answersOf = (tenants: string): Promise<string[]> => {
    const request = { headers: { 'x-scope-orgid': tenants }, get: () => tenants } as unknown as Request;
    return eachTenant(request, { settings, store: {} as StoreReader }, { startNs: 0n, endNs: 1n, matchers: [] }, async () => many);
  };
  assert.equal((await answersOf('a')).length, many.length);
  assert.equal((await answersOf('a|b')).length, 2 * many.length);
});
