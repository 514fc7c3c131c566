import type { Request, Response } from 'express';
import type { QuestionOf } from '../query/question';
import type { StoreReader } from '../store/store';
import { answerInTurn, type HeldRoom } from './ask';
import { closing } from './closing';
import type { AppDeps } from './deps';
import { JsonSink } from './jsonSink';
import { sendJsonText } from './sendJson';

/** What an answer about streams is taken for before it is there. */
const expectedBytes = 1024 * 1024;
/** Answers up to this go out at once: it is less than what sockets hold. */
const smallChars = 256 * 1024;
const pieceChars = 64 * 1024;

/** Answers a question whose answer is a list in JSON, which may be megabytes: room for it is held until the client has read it. `bodyOf` makes the answer of the list. */
export async function sendRoomy(
  request: Request,
  response: Response,
  deps: Pick<AppDeps, 'answers' | 'questionGate' | 'runner'> & { store: StoreReader },
  question: QuestionOf<'labels' | 'series'>,
  bodyOf: (list: string) => string
): Promise<void> {
  const { small } = deps.answers;
  const gone = closing(response);
  let held = await small.reserve(expectedBytes);
  const room: HeldRoom = {
    leave: () => {
      small.release(held);
      held = 0;
    },
    take: async (answer) => {
      held = await small.reserve(String(answer).length);
    },
  };
  try {
    const text = bodyOf(await answerInTurn(deps, question, gone, room));
    small.settle(held, text.length);
    held = text.length;
    if (text.length <= smallChars) {
      sendJsonText(response, text);
      return;
    }
    const sink = new JsonSink(request, response);
    for (let at = 0; at < text.length; at += pieceChars) {
      await sink.write(text.slice(at, at + pieceChars));
    }
    await sink.write('\n');
    await sink.end();
  } finally {
    small.release(held);
  }
}
