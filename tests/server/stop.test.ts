import assert from 'node:assert';
import fs from 'node:fs';
import { Agent, request, type ClientRequest } from 'node:http';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runServer } from './running';

/** The end of a server whose clients push on over connections that are kept open. */

const body = JSON.stringify({ streams: [{ stream: { app: 'a' }, values: [['1795176000000000000', 'one']] }] });

function startPush(base: string, agent: Agent): { asked: ClientRequest; answer: Promise<string> } {
  const asked = request(`${base}/loki/api/v1/push`, { method: 'POST', agent, headers: { 'content-type': 'application/json' } });
  const answer = new Promise<string>((resolve, reject) => {
    asked.on('error', reject);
    asked.on('response', (response) => response.resume().on('end', () => resolve(`${response.statusCode} ${response.headers.connection}`)));
  });
  return { asked, answer };
}

test('a server that stops takes pushes that are under way, ends their connections, and waits for no other', async () => {
  let stop = (): unknown => undefined;
  const base = await runServer({ after: (end) => (stop = end as () => unknown) });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const first = startPush(base, agent);
  first.asked.write(body.slice(0, 10));
  await sleep(100);
  const fromMs = performance.now();
  const stopped = stop();
  first.asked.end(body.slice(10));
  const second = startPush(base, agent);
  second.asked.end(body);
  assert.deepStrictEqual(await Promise.all([first.answer, second.answer]), ['204 keep-alive', '204 close']);
  await stopped;
  assert.ok(performance.now() - fromMs < 5_000, 'it waited for clients that may come again');
  agent.destroy();
});

test('a connection that is quiet when its push is answered does not hold up the end', async () => {
  let stop = (): unknown => undefined;
  const base = await runServer({ after: (end) => (stop = end as () => unknown) });
  const agent = new Agent({ keepAlive: true });
  const { asked, answer } = startPush(base, agent);
  asked.write(body.slice(0, 10));
  await sleep(100);
  const fromMs = performance.now();
  const stopped = stop();
  asked.end(body.slice(10));
  assert.strictEqual(await answer, '204 keep-alive');
  await stopped;
  assert.ok(performance.now() - fromMs < 5_000, 'it waited for the client to come again');
  agent.destroy();
});

test('a server that can not listen watches its runtime files no longer', async (context) => {
  const { port } = new URL(await runServer(context));
  const unwatched = context.mock.method(fs, 'unwatchFile');
  const file = '/nonexistent/runtime.yaml';
  await assert.rejects(runServer(context, ['--port', port], (config) => config.runtimeConfigFiles.push(file)), /is taken/);
  assert.deepStrictEqual(unwatched.mock.calls.map(({ arguments: [name] }) => name), [file]);
});
