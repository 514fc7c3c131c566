import type { ByteBudget } from '../ingest/byteBudget';
import { cancelled, needsRoom, RequestError } from '../model/errors';
import { tooLargeAnswer, type QueryLimits } from '../query/budget';
import type { FragmentRunner, SmallLimits } from '../query/fragment';
import { OneAtATime } from '../query/oneAtATime';
import { answerQuestion, type Answer, type Question, type QuestionOf } from '../query/question';
import type { QueryRequest } from '../query/request';
import type { Result } from '../query/result';
import { runQuery, type QueryAnswer } from '../query/run';
import type { StoreReader } from '../store/store';
import type { AppDeps } from './deps';

/** Text and points of an answer that is small: most are, and those run beside each other. */
const smallTextBytes = 2 * 1024 * 1024;
const smallPoints = 200_000;
/** What else a small question may need in each of four fragments that run at a time: some 6 MB for series, and 3 MB for the blocks of a day. */
export const smallLimits: SmallLimits = { seriesCellsMax: 500_000, piecesMax: 40_000, seriesMax: 10_000 };
/** What an answer takes beside its text: an entry, a point, a set of labels; measured. */
const entryBytes = 100;
const pointBytes = 60;
const labelsBytes = 1_000;
interface Asking {
  limits: QueryLimits;
  signal: AbortSignal;
  /** See `QueryDeps`. */
  partial?: boolean;
}

/**
 * Runs a query in its turn and hands the answer to `take`, which holds its room until it resolves. A query runs as a small one first; when
 * it, or its answer, is too large for that it runs again, one such query at a time and in one thread.
 */
export async function ask<T>(
  { answers, queryGate, runner }: Pick<AppDeps, 'answers' | 'queryGate' | 'runner'>,
  asked: QueryRequest,
  { limits, signal, partial }: Asking,
  take: (answer: QueryAnswer) => T | Promise<T>
): Promise<T> {
  const small = { ...limits, textBytesMax: Math.min(limits.textBytesMax, smallTextBytes), pointsMax: Math.min(limits.pointsMax, smallPoints), small: smallLimits };
  const isLarge = (error: unknown): boolean =>
    error instanceof RequestError &&
    (error.code === needsRoom || (error.code === tooLargeAnswer && (limits.textBytesMax > small.textBytesMax || limits.pointsMax > small.pointsMax)));
  const run = async (budget: ByteBudget, bytes: number, work: () => Promise<QueryAnswer>): Promise<{ answer: QueryAnswer; release: () => void }> => {
    const reserved = await budget.reserve(bytes);
    try {
      if (budget === answers.large) {
        answers.relieve();
      }
      const answer = await work();
      const held = sizeOf(answer.result);
      budget.settle(reserved, held);
      const release = (): void => {
        budget.release(held);
        if (budget === answers.large) {
          relieveSoon(answers);
        }
      };
      return { answer, release };
    } catch (error) {
      budget.release(reserved);
      throw error;
    }
  };
  const inTurn = async (queueSeconds: number, chosen: FragmentRunner, chosenLimits: QueryLimits): Promise<QueryAnswer> => {
    const answer = await runQuery(asked, { runner: chosen, limits: chosenLimits, partial }, signal);
    return { ...answer, stats: { ...answer.stats, queueSeconds } };
  };
  const { answer, release } = await queryGate
    .run(signal, (queueSeconds) => run(answers.small, smallTextBytes, () => inTurn(queueSeconds, runner, small)))
    .catch((error: unknown) => {
      if (!isLarge(error)) {
        throw error;
      }
      // its turn comes after its room: who waits until others have read their large answers must not keep small questions from running
      return run(answers.large, answers.large.bytesMax, () => queryGate.run(signal, (queueSeconds) => inTurn(queueSeconds, new OneAtATime(runner), limits)));
    });
  try {
    return await take(answer);
  } finally {
    release();
  }
}

/** Pieces that a question may look at on this thread, which takes at most some 25 ms for so many; what reads lines gives way to others as queries do. */
const herePieces = 5_000;

/** Room for an answer that is held until the client has read it. */
export interface HeldRoom<Held> {
  /** Lets go of it while a large question waits for its turn. */
  leave(): void;
  /** Takes as much as the answer needs. */
  take(answer: Held): Promise<void>;
}

/**
 * Answers a question on this thread when little has to be looked at for it, as for nearly all; when it is more, where queries run, beside others; and when it is more than a
 * small query may need, there in turn with the large ones.
 */
export async function answerInTurn<Kind extends Question['kind']>(
  { answers, questionGate, runner, store }: Pick<AppDeps, 'answers' | 'questionGate' | 'runner'> & { store: StoreReader },
  question: QuestionOf<Kind>,
  signal: AbortSignal,
  room?: HeldRoom<Answer<Kind>>
): Promise<Answer<Kind>> {
  const small = [
    (): Promise<Answer<Kind>> => questionGate.run(signal, () => answerQuestion<Kind>({ ...question, piecesMax: herePieces }, store, signal)),
    (): Promise<Answer<Kind>> => runner.answer<Kind>({ ...question, piecesMax: smallLimits.piecesMax }, signal),
  ];
  for (const attempt of small) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof RequestError) || error.code !== needsRoom) {
        throw error;
      }
    }
  }
  room?.leave();
  const reserved = await answers.large.reserve(answers.large.bytesMax);
  try {
    if (signal.aborted) {
      throw cancelled();
    }
    answers.relieve();
    const answer = await runner.answer<Kind>(question, signal);
    // no other large one begins before this answer has its room
    await room?.take(answer);
    return answer;
  } finally {
    answers.large.release(reserved);
    relieveSoon(answers);
  }
}

/** An answer is garbage only when all have returned who had it in their hands. */
function relieveSoon(answers: AppDeps['answers']): void {
  setImmediate(() => answers.relieve());
}

function sizeOf(result: Result): number {
  switch (result.kind) {
    case 'streams':
      return result.streams.reduce((sum, { entries }) => sum + labelsBytes + entries.reduce((bytes, { line }) => bytes + line.length + entryBytes, 0), 0);
    case 'matrix':
      return result.series.reduce((sum, { points }) => sum + labelsBytes + points.length * pointBytes, 0);
    case 'vector':
      return result.samples.length * (labelsBytes + pointBytes);
    case 'scalar':
      return 0;
  }
}
