import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { runServer } from './running';

/** The way of the page at `/explore` to a Prometheus. */

/** A Prometheus that answers with the path it was asked for; `cut` breaks off in the middle of its answer. */
async function prometheus(context: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url?.endsWith('cut')) {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setTimeout(() => response.socket?.destroy(), 50);
    } else {
      response.end(request.url);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const proxy = '/api/datasources/proxy/uid/prometheus';

/** What a server says to a path as it stands, which `fetch` would tidy up. */
function asks(base: string, path: string, method = 'GET'): Promise<string> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(`${method} ${proxy}${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
    let text = '';
    socket.setTimeout(5_000, () => socket.destroy(new Error('no end')));
    socket.on('data', (part) => (text += String(part)));
    socket.on('error', reject);
    socket.on('close', () => resolve(text.replace(/^HTTP\/1.1 (\d+)[^]*?\r\n\r\n/, '$1 ')));
  });
}

test('reaches what lies below the address of the source, and nothing beside it', async (context) => {
  const base = await runServer(context, ['--prometheus', `http://${await prometheus(context)}/team/`]);
  assert.equal(await asks(base, '/api/v1/query?query=up'), '200 /team/api/v1/query?query=up');
  assert.equal(await asks(base, '/api/./v2/../v1/labels'), '200 /team/api/v1/labels');
  for (const path of ['/../secret', '/%2e%2e/secret', '/api/..\\../secret', '/../teamwork']) {
    assert.equal(await asks(base, path), '400 the path leads away from the data source', path);
  }
});

test('only questions are passed on, not what changes or stops a Prometheus', async (context) => {
  const base = await runServer(context, ['--prometheus', `http://${await prometheus(context)}/team`]);
  for (const path of ['/query_range', '/query_exemplars', '/series', '/label/__name__/values', '/metadata', '/status/buildinfo', '/rules', '/targets?state=active']) {
    assert.equal(await asks(base, `/api/v1${path}`), `200 /team/api/v1${path}`);
  }
  assert.equal(await asks(base, '/api/v1/query', 'POST'), '200 /team/api/v1/query');
  const refused: Array<[string, string]> = [
    ['POST', '/api/v1/admin/tsdb/delete_series'], ['POST', '/api/v1/%61dmin/tsdb/snapshot'], ['POST', '/api/v1/query/%2e%2e/admin/tsdb/clean_tombstones'], ['POST', '/api/v1/query%2f..%2fadmin/tsdb/snapshot'],
    ['POST', '/api/v1/label/..%2fadmin/tsdb/snapshot'], ['POST', '/api/v1/label/a%5c..%5cadmin'], ['POST', '/api/v1/write'], ['POST', '/api/v1/otlp/v1/metrics'], ['POST', '/-/quit'], ['GET', '/metrics'], ['GET', '/api/v1/%zz'],
    ['PUT', '/api/v1/query'], ['DELETE', '/api/v1/series'],
  ];
  for (const [method, path] of refused) {
    assert.match(await asks(base, path, method), /^403 only questions to a Prometheus are passed on/, `${method} ${path}`);
  }
});

test('an answer that breaks off breaks off here too', async (context) => {
  const base = await runServer(context, ['--prometheus', `http://${await prometheus(context)}`]);
  assert.equal(await asks(base, '/api/v1/query?query=cut'), '200 half');
});

test('an address may come without http://, as everywhere', async (context) => {
  const base = await runServer(context, ['--prometheus', await prometheus(context)]);
  assert.equal(await asks(base, '/api/v1/labels'), '200 /api/v1/labels');
});

test('an address that is none is said at the start, without its password', async (context) => {
  await assert.rejects(runServer(context, ['--prometheus', 'ftp://me:secret@host']), (error: Error) => /--prometheus.*http/.test(error.message) && !error.message.includes('secret'));
});
