import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseForeignPage } from './foreignPages';

const asked = (origin: string | undefined, host = '127.0.0.1:3100') => () => refuseForeignPage({ headers: { host, ...(origin === undefined ? {} : { origin }) } });

test('programs and pages of this server may', () => {
  for (const ask of [asked(undefined), asked('http://127.0.0.1:3100'), asked('https://logs.example.com', 'logs.example.com')]) {
    assert.doesNotThrow(ask);
  }
});

test('pages of another site may not, nor those that hide where they are from', () => {
  for (const ask of [asked('https://example.com'), asked('http://127.0.0.1:8080'), asked('null'), asked('nonsense')]) {
    assert.throws(ask, { status: 403, message: /page of another site/ });
  }
});

test('what a browser sends without an origin says how the page is related to this server', () => {
  const from = (site: string) => () => refuseForeignPage({ headers: { host: '127.0.0.1:3100', 'sec-fetch-site': site } });
  assert.doesNotThrow(from('same-origin'));
  assert.doesNotThrow(from('none'));
  assert.throws(from('cross-site'), { status: 403 });
  assert.throws(from('same-site'), { status: 403 });
});
