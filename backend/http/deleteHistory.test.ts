import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeleteRequestItem } from '../../src/wire';
import { DeleteHistory } from './deleteHistory';

const item = (id: number, query = '{app="a"}'): DeleteRequestItem => ({ request_id: String(id), start_time: 0, end_time: 0, query, status: 'processed', created_at: 0, deleted_lines: 0 });

test('each tenant sees its own, newest last', () => {
  const history = new DeleteHistory();
  history.add('a', item(1));
  history.add('b', item(2));
  history.add('a', item(3));
  assert.deepEqual(history.of('a').map((one) => one.request_id), ['1', '3']);
  assert.deepEqual(history.of('c'), []);
});

test('many deletes, and long ones, do not fill the memory', () => {
  const history = new DeleteHistory();
  for (let i = 0; i < 20_000; i++) {
    history.add(`tenant ${i % 500}`, item(i));
  }
  const kept = Array.from({ length: 500 }, (_, i) => history.of(`tenant ${i}`)).flat();
  assert.equal(kept.length, 10_000);
  assert.ok(kept.every((one) => Number(one.request_id) >= 10_000), 'the oldest go');
  for (let i = 0; i < 100; i++) {
    history.add('long', item(i, `{app="${'x'.repeat(100_000)}"}`));
  }
  assert.ok(history.of('long').length < 50, String(history.of('long').length));
  assert.equal(history.of('long').at(-1)?.request_id, '99');
});
