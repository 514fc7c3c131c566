import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { RequestError } from '../model/errors';
import { tenantOf, tenantsOf } from './tenants';

/** Tenants of a header, or the refusal. */
function answer(header: string | undefined, settings: { authEnabled: boolean; multiTenantQueries: boolean }, read: (request: IncomingMessage, settings: { authEnabled: boolean; multiTenantQueries: boolean }) => unknown = tenantsOf): unknown {
  try {
    return read({ headers: { 'x-scope-orgid': header } } as unknown as IncomingMessage, settings);
  } catch (error) {
    assert.ok(error instanceof RequestError);
    return `${error.status} ${error.message}`;
  }
}

const open = { authEnabled: false, multiTenantQueries: true };
const one = { authEnabled: true, multiTenantQueries: false };
const many = { authEnabled: true, multiTenantQueries: true };
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `t${i}`);

test('who asks is who the header names, where it must name somebody', () => {
  assert.deepEqual(answer('a', open), ['fake']);
  assert.deepEqual(answer(undefined, open), ['fake']);
  assert.deepEqual(answer("Az09!-_.*'()", one), ["Az09!-_.*'()"]);
  assert.equal(answer(undefined, one), '401 no org id');
  assert.equal(answer('', one), '401 no org id');
});

test('a query may be over several tenants where that is allowed; a push or a tail never', () => {
  assert.deepEqual(answer('b|a|b', many), ['a', 'b']);
  assert.equal(answer('a|b', one), '400 multiple org IDs present');
  assert.deepEqual(answer('a|a', one), ['a']);
  assert.equal(answer('a|', many), '401 no org id');
  assert.deepEqual(answer(numbered(64).join('|'), many), numbered(64).sort());
  assert.equal(answer(numbered(65).join('|'), many), '400 more than 64 tenants in one query');
  for (const settings of [one, many]) {
    assert.equal(answer('a|b', settings, tenantOf), '400 multiple org IDs present');
    assert.equal(answer('a', settings, tenantOf), 'a');
  }
});

test('a name that is no tenant is refused', () => {
  const refused = { '.': "tenant ID is '.' or '..'", '..': "tenant ID is '.' or '..'", '../a': "tenant ID '../a' contains unsupported character '/'", 'a b': "tenant ID 'a b' contains unsupported character ' '" };
  for (const [name, text] of Object.entries(refused)) {
    assert.equal(answer(name, one), `400 ${text}`);
    assert.equal(answer(`a|${name}`, many), `400 ${text}`);
  }
  assert.deepEqual(answer('x'.repeat(150), one), ['x'.repeat(150)]);
  assert.equal(answer('x'.repeat(151), one), '400 tenant ID is too long: max 150 characters');
});
