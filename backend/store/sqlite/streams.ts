import type { Matcher } from '../../../src/logql/ast';
import { badRequest } from '../../model/errors';
import { labelsTest } from '../matchers';
import type { Connection } from './snapshot';
import { labelsOfKey } from './streamKey';

/** Which streams a selection means; made once per request. */
export class StreamSelection {
  private readonly passes: ReturnType<typeof labelsTest>;
  private readonly answers = new Map<string, boolean>();

  constructor(private readonly matchers: Matcher[]) {
    this.passes = labelsTest(matchers);
  }

  get all(): boolean {
    return this.matchers.length === 0;
  }

  /** Whether a stream of a hot row is meant. */
  hasKey(key: string): boolean {
    let answer = this.answers.get(key);
    if (answer === undefined) {
      answer = this.passes(labelsOfKey(key));
      if (this.answers.size >= answersMax) {
        this.answers.clear();
      }
      this.answers.set(key, answer);
    }
    return answer;
  }

  /** Numbers of the meant streams of a day; undefined when it means all. */
  idsIn(connection: Connection): Set<number> | undefined {
    if (this.all) {
      return undefined;
    }
    const equal = this.matchers.find((matcher) => matcher.op === '=' && matcher.value !== '');
    if (equal) {
      const pair = connection.sql<{ id: number }>('SELECT id FROM pairs WHERE name = ? AND value = ?').get(equal.name, equal.value);
      const streams = pair ? connection.sql<{ stream: number }>(`SELECT stream FROM stream_pairs WHERE pair = ? LIMIT ${streamsMax + 1}`).all(pair.id) : [];
      checkCount(streams.length);
      return new Set(streams.map((row) => row.stream).filter((id) => this.passes(connection.stream(id).labels)));
    }
    const ids = new Set<number>();
    for (const { id, labels } of connection.sql<{ id: number; labels: string }>('SELECT id, labels FROM streams').iterate()) {
      if (this.passes(labelsOfKey(labels))) {
        ids.add(id);
        checkCount(ids.size);
      }
    }
    return ids;
  }
}

/** Streams of one day that a selection may mean, some 100 bytes each. */
const streamsMax = 200_000;

function checkCount(count: number): void {
  if (count > streamsMax) {
    throw badRequest(`the selector matches more than ${streamsMax} streams of one day; add label matchers`);
  }
}

/** Answers kept per request; a million streams must not be remembered. */
const answersMax = 20_000;
