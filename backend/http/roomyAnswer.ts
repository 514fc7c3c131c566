import type { Request, Response } from 'express';
import type { AppDeps } from './deps';
import { JsonSink } from './jsonSink';
import { sendJsonText } from './sendJson';

/** What an answer about streams is taken for before it is there. */
const expectedBytes = 1024 * 1024;
/** Answers up to this go out at once: it is less than what sockets hold. */
const smallChars = 256 * 1024;
const pieceChars = 64 * 1024;

/** Answers with what `work` finds, which may be megabytes: room for it is held until the client has read it. */
export async function sendRoomy(request: Request, response: Response, { answers }: Pick<AppDeps, 'answers'>, work: () => Promise<unknown>): Promise<void> {
  let held = await answers.small.reserve(expectedBytes);
  try {
    const text = JSON.stringify(await work());
    answers.small.settle(held, text.length);
    held = text.length;
    if (text.length <= smallChars) {
      sendJsonText(response, text);
      return;
    }
    // what it was made of is garbage now, several times its size, and the next one should not find that there
    answers.relieve();
    const sink = new JsonSink(request, response);
    for (let at = 0; at < text.length; at += pieceChars) {
      await sink.write(text.slice(at, at + pieceChars));
    }
    await sink.write('\n');
    await sink.end();
  } finally {
    answers.small.release(held);
  }
}
