import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import test from 'node:test';
import type { IncomingMessage } from 'node:http';
import type { Response } from 'express';
import { JsonSink } from './jsonSink';

/** A client that takes each piece after a moment. */
class SlowClient extends Writable {
  received = 0;
  /** Most that waited at a time for the client, and most who waited for that. */
  waitingMax = 0;
  listenersMax = 0;

  constructor() {
    super({ highWaterMark: 1024 });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.waitingMax = Math.max(this.waitingMax, this.writableLength);
    this.listenersMax = Math.max(this.listenersMax, this.listenerCount('drain'));
    this.received += chunk.length;
    setTimeout(done, 1);
  }

  set(): this {
    return this;
  }
}

test('who awaits only some of what is written is held up all the same', async () => {
  const client = new SlowClient();
  const sink = new JsonSink({ headers: {} } as IncomingMessage, client as unknown as Response);
  const piece = 'x'.repeat(1_000);
  const times = 5_000;
  for (let i = 0; i < times; i++) {
    // an object's head and end, which nobody awaits, are most of an answer of many streams with one line each
    for (let unheeded = 0; unheeded < 9; unheeded++) {
      void sink.write(piece);
    }
    await sink.write('y');
  }
  await sink.end();
  await new Promise((resolve) => client.on('finish', resolve));
  assert.equal(client.received, times * 9_001);
  assert.ok(client.listenersMax <= 1, `${client.listenersMax} wait for the client`);
  assert.ok(client.waitingMax < 600_000, `${client.waitingMax} bytes wait for the client`);
});

test('answers that are written at once give way together after 25 ms', async (context) => {
  let nowMs = 0;
  context.mock.method(performance, 'now', () => nowMs);
  const writtenMs = [0];
  let isOver = false;
  const nextTurn = (): void => {
    if (!isOver) {
      writtenMs.push(0);
      setImmediate(nextTurn);
    }
  };
  setImmediate(nextTurn);
  const write = async (): Promise<void> => {
    const client = new Writable({ write: (_piece, _encoding, done) => done() });
    const sink = new JsonSink({ headers: {} } as IncomingMessage, Object.assign(client, { set: () => client }) as unknown as Response);
    for (let i = 0; i < 200; i++) {
      nowMs++;
      writtenMs[writtenMs.length - 1]++;
      await sink.write('line');
    }
    await sink.end();
  };
  await Promise.all([write(), write(), write()]);
  isOver = true;
  assert.equal(writtenMs.reduce((sum, ms) => sum + ms), 600);
  assert.ok(Math.max(...writtenMs) <= 30, `${Math.max(...writtenMs)} ms in one turn`);
});
