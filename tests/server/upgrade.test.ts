import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { parseFlags } from '../../backend/config/flags';
import { loadServerConfig } from '../../backend/config/server';
import { makeLog } from '../../backend/log';
import { startServer } from '../../backend/server';

/** Upgrades that are refused, by clients that do not hang up. */

const headers = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** Asks for an upgrade and keeps its own half of the connection open; answers the first line and the socket. */
function upgrade(port: number, path: string): Promise<{ line: string; socket: Socket }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.write(`GET ${path} HTTP/1.1\r\n${headers}`));
    socket.once('data', (part) => resolve({ line: String(part).split('\r\n')[0], socket }));
    socket.on('error', reject);
  });
}

const start = (...flags: string[]) => {
  const config = loadServerConfig({ flags: parseFlags(['--port', '0', '--store', 'memory', '-log.level=fatal', ...flags], new Set()), env: {} });
  return startServer(config, makeLog(config.logLevel, 'logfmt'), {});
};

test('a refused tail holds no connection, and does not keep the server from stopping', async () => {
  const server = await start();
  const paths: Array<[path: string, line: string]> = [
    ['/loki/api/v1/tail?query=%7B', 'HTTP/1.1 400 Bad Request'],
    ['/elsewhere', 'HTTP/1.1 404 Not Found'],
    ['/\\[', 'HTTP/1.1 404 Not Found'],
  ];
  const refused = await Promise.all(paths.map(([path]) => upgrade(server.port, path)));
  assert.deepEqual(refused.map(({ line }) => line), paths.map(([, line]) => line));
  const stopped = await Promise.race([server.stop().then(() => true), new Promise((resolve) => setTimeout(() => resolve(false), 12_000).unref())]);
  refused.forEach(({ socket }) => socket.destroy());
  assert.ok(stopped);
});

test('with a path prefix, tails are below it only', async () => {
  const server = await start('-server.path-prefix=/logs');
  const query = encodeURIComponent('{app="a"}');
  for (const [path, status] of [['/logs/loki/api/v1/tail', '101'], ['/loki/api/v1/tail', '404'], ['/loki/logs/api/v1/tail', '404']]) {
    const { line, socket } = await upgrade(server.port, `${path}?query=${query}`);
    socket.destroy();
    assert.equal(line.split(' ')[1], status, path);
  }
  await server.stop();
});
