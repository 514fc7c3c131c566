import assert from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import test from 'node:test';
import type { RequestError } from '../model/errors';
import { ByteBudget } from '../ingest/byteBudget';
import { readBody, readBodyWithin } from './body';

/** Sends raw text to a server that reads the body; answers what the reader said. */
async function readFrom(text: string, bytesMax: number, idleMsMax?: number): Promise<string> {
  const said = new Promise<string>((resolve) => {
    const server = createServer((request, response) => {
      readBody(request, bytesMax, idleMsMax)
        .then((body) => `body ${body}`, (error: RequestError) => `${error.status} ${error.message}`)
        .then((answer) => {
          response.end();
          request.socket.destroy();
          server.close();
          resolve(answer);
        });
    });
    server.listen(0, '127.0.0.1', async () => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      await once(socket, 'connect');
      socket.on('error', () => socket.destroy());
      socket.write(text);
    });
  });
  return said;
}

test('a body is read whole, refused when too large, given up when it stops coming', async () => {
  const head = 'POST / HTTP/1.1\r\nHost: a\r\n';
  assert.strictEqual(await readFrom(`${head}Content-Length: 5\r\n\r\nhello`, 10), 'body hello');
  assert.strictEqual(await readFrom(`${head}Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`, 10), 'body hello');
  assert.match(await readFrom(`${head}Content-Length: 11\r\n\r\nhello`, 10), /^413 request body too large: 11 bytes, limit: 10 bytes$/);
  assert.match(await readFrom(`${head}Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n`, 10), /^413 /);
  assert.match(await readFrom(`${head}Content-Length: 5\r\n\r\nhe`, 10, 30), /^408 request timeout: nothing came for 0.03 s after 2 bytes/);
});

test('room for a body comes back when its client goes away while it waits, and a body without a length asks as it grows', async () => {
  const budget = new ByteBudget(100_000, 5_000, 'bodies');
  const first = await budget.reserve(100_000);
  const said: string[] = [];
  const server = createServer((request, response) => {
    readBodyWithin(request, 1_000_000, budget)
      .then(({ body, release }) => {
        release();
        return `body of ${body.length}`;
      }, (error: RequestError) => String(error.status))
      .then((answer) => {
        said.push(answer);
        response.end(answer);
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const gone = connect(port, '127.0.0.1');
  gone.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\nhello');
  await once(server, 'request');
  gone.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  budget.release(first);
  while (said.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.deepStrictEqual(said, ['499']);
  const url = `http://127.0.0.1:${port}`;
  const chunked = (bytes: number): ReadableStream => new Blob([Buffer.alloc(bytes)]).stream();
  const post = async (bytes: number): Promise<string> => (await fetch(url, { method: 'POST', body: chunked(bytes), duplex: 'half' } as RequestInit)).text();
  assert.strictEqual(await post(50_000), 'body of 50000');
  assert.strictEqual(await post(90_000), '429');
  assert.strictEqual(await budget.reserve(100_000), 100_000);
  server.closeAllConnections();
  server.close();
});
