import assert from 'node:assert';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import express from 'express';
import { unavailable } from '../model/errors';
import type { AppDeps } from './deps';
import { errorHandler } from './errors';
import { observe } from './observe';

test('the log says why a request was refused', async (context) => {
  const logged: unknown[] = [];
  const log = { error: (fields: object) => logged.push({ ...fields, duration: '' }), debug: () => undefined };
  const app = express();
  app.use(observe({ log, metrics: { requests: { observe: () => undefined } } } as unknown as AppDeps));
  app.get('/x', () => {
    throw unavailable('the disk is full');
  });
  app.use(errorHandler(log as never));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
  assert.deepStrictEqual([response.status, await response.text()], [503, 'the disk is full']);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepStrictEqual(logged, [{ method: 'GET', path: '/x', status: 503, duration: '', reason: 'the disk is full' }]);
});
