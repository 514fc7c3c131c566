import assert from 'node:assert';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import test from 'node:test';
import { runServer } from './running';

/** Connections that wait are bounded by the ceiling of memory. */

test('a connection more than there may be is closed, those before it are served', { timeout: 20_000 }, async (context) => {
  const { port } = new URL(await runServer(context, [], (config) => (config.memoryBytesMax = 3 * 128 * 1024)));
  const open = async (): Promise<Socket> => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    context.after(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  const ready = async (socket: Socket): Promise<string> => {
    socket.write('GET /ready HTTP/1.1\r\nHost: x\r\n\r\n');
    return String((await once(socket, 'data'))[0]).slice(0, 15);
  };
  const kept = [await open(), await open(), await open()];
  assert.deepStrictEqual(await Promise.all(kept.map(ready)), Array(3).fill('HTTP/1.1 200 OK'));
  await once(await open(), 'close');
  kept[0].destroy();
  await once(kept[0], 'close');
  assert.strictEqual(await ready(kept[1]), 'HTTP/1.1 200 OK', 'a kept connection is served on');
});
