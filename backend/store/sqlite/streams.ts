import type { Matcher } from '../../../src/logql/ast';
import { mindMemory } from '../../heapWatch';
import { badRequest } from '../../model/errors';
import { labelsTest } from '../matchers';
import { IdSet } from './idSet';
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
  idsIn(connection: Connection): IdSet | undefined {
    if (this.all) {
      return undefined;
    }
    const equal = this.matchers.find((matcher) => matcher.op === '=' && matcher.value !== '');
    const ids = new IdSet();
    for (const id of equal ? this.idsWith(connection, equal) : this.idsAmongAll(connection)) {
      mindMemory();
      ids.add(id);
      checkCount(ids.size);
    }
    return ids;
  }

  private *idsWith(connection: Connection, { name, value }: Matcher): Generator<number> {
    const [pair] = connection.raw('SELECT id FROM pairs WHERE name = ? AND value = ?').get(name, value) ?? [];
    const streams = connection.raw('SELECT stream FROM stream_pairs WHERE pair = ?').iterate(pair ?? null) as Iterable<[number]>;
    for (const [id] of streams) {
      // the pair says it already when it is all that is asked for
      if (this.matchers.length === 1 || this.passes(connection.stream(id).labels)) {
        yield id;
      }
    }
  }

  private *idsAmongAll(connection: Connection): Generator<number> {
    for (const [id, labels] of connection.raw('SELECT id, labels FROM streams').iterate() as Iterable<[number, string]>) {
      if (this.passes(labelsOfKey(labels))) {
        yield id;
      }
    }
  }
}

/** Streams of one day that a selection may mean. */
const streamsMax = 200_000;

function checkCount(count: number): void {
  if (count > streamsMax) {
    throw badRequest(`the selector matches more than ${streamsMax} streams of one day; add label matchers`);
  }
}

/** Answers kept per request; a million streams must not be remembered. */
const answersMax = 20_000;
