import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags } from '../config/flags';
import { loadServerConfig } from '../config/server';
import { welcome } from './up';

test('what is said at the start names a store without its password', () => {
  const flags = parseFlags(['--store', 'clickhouse://binocle:hunter2@db:8123/logs'], new Set());
  const text = welcome(loadServerConfig({ flags, env: {} }), { url: 'http://127.0.0.1:3100' }, flags);
  assert.match(text, /data in {7}clickhouse:.*db:8123\/logs/);
  assert.ok(!text.includes('hunter2'), text);
});
