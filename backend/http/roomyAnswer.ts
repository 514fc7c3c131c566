import type { Request, Response } from 'express';
import type { Answer, Question, QuestionOf } from '../query/question';
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

/** What goes out: a text, or the pieces of one that is never whole. */
export type Body = string | Pieces;

interface Pieces {
  /** Held in memory until the last of them is out. */
  bytes: number;
  each(): Iterable<string>;
}

/** Answers a question whose answer may be megabytes: room for it is held until the client has read it. `bodyOf` makes what goes out of the answer. */
export async function sendRoomy<Kind extends Question['kind']>(
  request: Request,
  response: Response,
  deps: Pick<AppDeps, 'answers' | 'questionGate' | 'runner'> & { store: StoreReader },
  question: QuestionOf<Kind>,
  bodyOf: (answer: Answer<Kind>) => Body
): Promise<void> {
  const { small } = deps.answers;
  const gone = closing(response);
  let held = await small.reserve(expectedBytes);
  let body: Body | undefined;
  const room: HeldRoom<Answer<Kind>> = {
    leave: () => {
      small.release(held);
      held = 0;
    },
    take: async (answer) => {
      body = bodyOf(answer);
      held = await small.reserve(bytesOf(body));
    },
  };
  try {
    const answer = await answerInTurn(deps, question, gone, room);
    body ??= bodyOf(answer);
    small.settle(held, bytesOf(body));
    held = bytesOf(body);
    await sendPaced(request, response, body);
  } finally {
    small.release(held);
  }
}

/** Sends what is there already, and holds room for it until the client has read it. */
export async function sendHeld(request: Request, response: Response, { answers: { small } }: Pick<AppDeps, 'answers'>, body: string): Promise<void> {
  const held = await small.reserve(body.length);
  try {
    await sendPaced(request, response, body);
  } finally {
    small.release(held);
  }
}

/** Sends at the pace of the client, for who holds room meanwhile. */
export async function sendPaced(request: Request, response: Response, body: Body): Promise<void> {
  if (typeof body === 'string' && body.length <= smallChars) {
    sendJsonText(response, body);
    return;
  }
  const sink = new JsonSink(request, response);
  for (const piece of typeof body === 'string' ? cut(body) : body.each()) {
    if (response.destroyed) {
      return;
    }
    const full = sink.write(piece);
    if (full) {
      await full;
    }
  }
  await sink.write('\n');
  await sink.end();
}

const bytesOf = (body: Body): number => (typeof body === 'string' ? body.length : body.bytes);

function* cut(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += pieceChars) {
    yield text.slice(at, at + pieceChars);
  }
}
