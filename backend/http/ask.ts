import type { ByteBudget } from '../ingest/byteBudget';
import { RequestError } from '../model/errors';
import { tooLargeAnswer, type QueryLimits } from '../query/budget';
import type { QueryRequest } from '../query/request';
import type { Result } from '../query/result';
import { runQuery, type QueryAnswer } from '../query/run';
import type { AppDeps } from './deps';

/** Text and points of an answer that is small: most are, and those run beside each other. */
const smallTextBytes = 2 * 1024 * 1024;
const smallPoints = 200_000;
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
 * Runs a query in its turn and hands the answer to `take`, which holds its room until it resolves. A query runs as one with a small answer
 * first; when the answer is too large for that it runs again, one such query at a time and in one thread.
 */
export async function ask<T>(
  { answers, queryGate, runner }: Pick<AppDeps, 'answers' | 'queryGate' | 'runner'>,
  asked: QueryRequest,
  { limits, signal, partial }: Asking,
  take: (answer: QueryAnswer) => T | Promise<T>
): Promise<T> {
  const small = { ...limits, textBytesMax: Math.min(limits.textBytesMax, smallTextBytes), pointsMax: Math.min(limits.pointsMax, smallPoints) };
  const run = async (budget: ByteBudget, bytes: number, work: () => Promise<QueryAnswer>): Promise<{ answer: QueryAnswer; release: () => void }> => {
    const reserved = await budget.reserve(bytes);
    try {
      const answer = await work();
      const held = sizeOf(answer.result);
      budget.settle(reserved, held);
      const release = (): void => {
        if (budget === answers.large) {
          answers.relieve();
        }
        budget.release(held);
      };
      return { answer, release };
    } catch (error) {
      budget.release(reserved);
      throw error;
    }
  };
  const { answer, release } = await queryGate.run(signal, async (queueSeconds) => {
    const done = await run(answers.small, smallTextBytes, () => runQuery(asked, { runner, limits: small, partial }, signal)).catch((error: unknown) => {
      if (!(error instanceof RequestError) || error.code !== tooLargeAnswer || !(limits.textBytesMax > small.textBytesMax || limits.pointsMax > small.pointsMax)) {
        throw error;
      }
      answers.relieve();
      const alone = { parallel: 1, run: runner.run.bind(runner) };
      return run(answers.large, answers.large.bytesMax, () => runQuery(asked, { runner: alone, limits, partial }, signal));
    });
    return { ...done, answer: { ...done.answer, stats: { ...done.answer.stats, queueSeconds } } };
  });
  try {
    return await take(answer);
  } finally {
    release();
  }
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
