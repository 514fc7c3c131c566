import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { makeJsonClient, NoAnswer } from './jsonClient';
import { Prometheus } from './prometheus';

const window = { startMs: 0, endMs: 60_000, stepMs: 15_000 };
const { signal } = new AbortController();
const answering = (answer: unknown): Prometheus => new Prometheus({ get: () => Promise.resolve(answer) });

for (const [what, answer] of [['nothing', undefined], ['another JSON', { hello: 'world' }], ['an answer of another kind', { data: { resultType: 'scalar', result: [0, '1'] } }]] as const) {
  test(`${what} in the place of an answer is not our mistake`, async () => {
    const prometheus = answering(answer);
    for (const asked of [prometheus.instant('up', 0, signal), prometheus.range('up', window, signal)]) {
      await assert.rejects(asked, (error) => error instanceof NoAnswer && / answers something else than a Prometheus does/.test(error.message));
    }
  });
}

test('metadata that a server does not have are none', async () => {
  assert.equal((await answering({ hello: 'world' }).metadata(signal)).size, 0);
});

test('nor is an answer that breaks off', async (context) => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{');
    setTimeout(() => response.socket?.destroy(), 20);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const client = makeJsonClient(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  await assert.rejects(client.get('/api/v1/query', [], signal), (error) => error instanceof NoAnswer);
});
