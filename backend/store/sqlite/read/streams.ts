import type { Statement } from 'better-sqlite3';
import type { Matcher } from '../../../../src/logql/ast';
import { mindMemory } from '../../../runtime/heapWatch';
import { badRequest } from '../../../model/errors';
import type { Labels } from '../../../model/labels';
import { valueTest, type ValueTest } from '../../matchers';
import { IdSet } from './idSet';
import { Pieces } from './pieces';
import type { Connection } from './snapshot';
import { labelsOfKey } from '../format/streamKey';

/** Which streams a selection means; made once per request. */
export class StreamSelection {
  private readonly tests: LabelTest[];
  private readonly answers = new Map<string, boolean>();

  /** @param pieces what the question looks at; hot rows, and values and streams of a day, are counted here. */
  constructor(
    matchers: Matcher[],
    readonly pieces = new Pieces()
  ) {
    this.tests = matchers.map((matcher) => ({ matcher, passes: valueTest(matcher) }));
  }

  private passes(labels: Labels): boolean {
    return this.tests.every(({ matcher, passes }) => passes(labels.get(matcher.name) ?? ''));
  }

  /** Whether a stream of a hot row is meant. */
  hasKey(key: string): boolean {
    this.pieces.add(1);
    let answer = this.answers.get(key);
    if (answer === undefined) {
      answer = this.tests.length === 0 || this.passes(labelsOfKey(key));
      if (this.answers.size >= answersMax) {
        this.answers.clear();
      }
      this.answers.set(key, answer);
    }
    return answer;
  }

  /** Numbers of the meant streams of a day; undefined when it means all. */
  idsIn(connection: Connection): IdSet | undefined {
    if (this.tests.length === 0) {
      return undefined;
    }
    const equal = this.tests.find(({ matcher: { op, value } }) => op === '=' && value !== '');
    const others = this.tests.filter((test) => test !== equal);
    let ids = equal && this.collect(streamsOfPair(connection, equal.matcher), others.length === 0);
    if (ids && others.length > 0 && ids.size <= fewStreams) {
      return this.collect(filter(ids, (id) => this.passes(connection.stream(id).labels)), true);
    }
    others.forEach((test, i) => (ids = this.narrowed(connection, ids, test, i === others.length - 1)));
    return ids;
  }

  /** Those of the streams (undefined: of all) that pass. A label that is missing counts as empty: where that passes, streams go that have another value. */
  private narrowed(connection: Connection, ids: IdSet | undefined, { matcher: { name }, passes }: LabelTest, last: boolean): IdSet {
    const wanted = !passes('');
    const named = streamsOfName(connection, name, (value) => {
      this.pieces.add(1);
      return passes(value) === wanted;
    });
    if (!ids && wanted) {
      return this.collect(named, last);
    }
    const found = this.collect(named, false);
    return this.collect(filter(ids ?? idsOf(connection.raw('SELECT id FROM streams')), (id) => found.has(id) === wanted), last);
  }

  /** @param last whether these are meant: throws RequestError 400 when they are too many for one day. */
  private collect(streams: Iterable<number>, last: boolean): IdSet {
    const ids = new IdSet();
    for (const id of streams) {
      mindMemory();
      this.pieces.add(1);
      ids.add(id);
      if (last && ids.size > streamsMax) {
        throw badRequest(`the selector matches more than ${streamsMax} streams of one day; add label matchers`);
      }
    }
    return ids;
  }
}

/** Up to so many streams of an equal pair are looked at one by one; of more, all values that a label has are. */
const fewStreams = 1_000;

interface LabelTest {
  matcher: Matcher;
  passes: ValueTest;
}

function* streamsOfPair(connection: Connection, { name, value }: Matcher): Generator<number> {
  const [pair] = connection.raw('SELECT id FROM pairs WHERE name = ? AND value = ?').get(name, value) ?? [];
  if (pair !== undefined) {
    yield* idsOf(connection.raw('SELECT stream FROM stream_pairs WHERE pair = ?'), pair);
  }
}

/** Streams that have a label of this name with such a value; each value is tested once. */
function* streamsOfName(connection: Connection, name: string, passes: (value: string) => boolean): Generator<number> {
  let last: string | undefined;
  let answer = false;
  for (const [value, stream] of pairsOf(connection, name)) {
    if (value !== last) {
      last = value;
      answer = passes(value);
    }
    if (answer) {
      yield stream;
    }
  }
}

/** The values of a label, in the order of their bytes, each with every stream that has it. */
export function pairsOf(connection: Connection, name: string): Iterable<[value: string, stream: number]> {
  return connection.raw('SELECT value, stream FROM pairs JOIN stream_pairs ON pair = pairs.id WHERE name = ? ORDER BY value').iterate(name) as Iterable<[string, number]>;
}

function* idsOf(statement: Statement<unknown[], unknown[]>, ...values: unknown[]): Generator<number> {
  for (const [id] of statement.iterate(...values) as Iterable<[number]>) {
    yield id;
  }
}

function* filter(ids: Iterable<number>, test: (id: number) => boolean): Generator<number> {
  for (const id of ids) {
    if (test(id)) {
      yield id;
    }
  }
}

/** Streams of one day that a selection may mean. */
const streamsMax = 200_000;

/** Answers kept per request; a million streams must not be remembered. */
const answersMax = 20_000;
