import assert from 'node:assert';
import { once } from 'node:events';
import { connect } from 'node:net';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pushJson, queryLines, runServer } from './running';

/** Clients that read slowly, not at all, or go away in the middle. */

const lines = 4_000;
const at = 1_795_176_000_000_000_000n;

async function largeAnswers(context: TestContext): Promise<URL> {
  const base = await runServer(context);
  const values = Array.from({ length: lines }, (_, i) => [String(at + BigInt(i)), `${i} ${'x'.repeat(1_000)}`]);
  for (let i = 0; i < lines; i += 1_000) {
    assert.strictEqual((await pushJson(base, [{ stream: { app: 'a' }, values: values.slice(i, i + 1_000) }])).status, 204);
  }
  const url = new URL('/loki/api/v1/query_range', base);
  url.search = String(new URLSearchParams({ query: '{app="a"}', limit: '5000', start: String(at), end: String(at + 1_000_000_000n) }));
  return url;
}

/** Asks, and stops reading at once; the socket is the caller's to read or to destroy. */
async function askWithoutReading(url: URL, headers = ''): Promise<ReturnType<typeof connect>> {
  const socket = connect(Number(url.port), url.hostname);
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`);
  return socket;
}

for (const headers of ['', 'Accept-Encoding: gzip\r\n']) {
  test(`an answer waits for a slow reader without piling up listeners ${headers.trim()}`, async (context) => {
    const url = await largeAnswers(context);
    const warnings: string[] = [];
    const note = (warning: Error): number => warnings.push(String(warning));
    process.on('warning', note);
    context.after(() => process.off('warning', note));
    const socket = await askWithoutReading(url, headers);
    await sleep(50);
    let bytes = 0;
    socket.on('data', (data) => (bytes += data.length));
    socket.resume();
    await once(socket, 'end');
    assert.ok(bytes > (headers === '' ? lines * 1_000 : 10_000), `${bytes} bytes`);
    assert.deepStrictEqual(warnings, []);
  });
}

test('a client that goes away in the middle of an answer costs nobody else theirs', async (context) => {
  const url = await largeAnswers(context);
  const sockets = await Promise.all(Array.from({ length: 30 }, (_, i) => askWithoutReading(url, i % 2 ? 'Accept-Encoding: gzip\r\n' : '')));
  await sleep(50);
  sockets.forEach((socket) => socket.destroy());
  const range = { start: String(at), end: String(at + 1_000_000_000n) };
  assert.strictEqual((await queryLines(url.origin, '{app="a"}', range)).length, lines);
});
