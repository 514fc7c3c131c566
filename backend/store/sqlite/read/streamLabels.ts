import type { Labels } from '../../../model/labels';
import type { Select } from '../../store';
import type { BlockHeader } from '../format/block';
import { BoundedSet, namesMax } from './boundedSet';
import { streamsIn } from './candidates';
import { eachDay, entriesOf, headOf, touches } from './catalog';
import type { IdSet } from './idSet';
import { Pieces } from './pieces';
import type { Connection, ConnectionPool } from './snapshot';
import { pairsOf, StreamSelection } from './streams';
import { compareKeys, labelsOfKey } from '../format/streamKey';

/** Streams of a day whose labels are looked at one by one; of more, the pairs of labels are gone through. */
const fewStreams = 1_000;

/** Names of labels that streams with entries in the range have, sorted. */
export async function labelNamesOf(pool: ConnectionPool, select: Select, signal: AbortSignal): Promise<string[]> {
  const names = new BoundedSet(namesMax, 'label names');
  const add = (labels: Labels): void => labels.forEach((_value, name) => names.add(name));
  await eachLabels(pool, select, signal, add, (connection, streams) => {
    for (const [name] of connection.raw('SELECT DISTINCT name FROM pairs').all() as Array<[string]>) {
      if (!names.has(name) && isThere(connection, name, streams)) {
        names.add(name);
      }
    }
  });
  return [...names].sort();
}

/** Values of a label that streams with entries in the range have, sorted. */
export async function labelValuesOf(pool: ConnectionPool, name: string, select: Select, signal: AbortSignal): Promise<string[]> {
  const values = new BoundedSet(namesMax, 'values');
  const add = (labels: Labels): void => {
    const value = labels.get(name);
    if (value !== undefined) {
      values.add(value);
    }
  };
  await eachLabels(pool, select, signal, add, (connection, streams) => {
    let last: string | undefined;
    for (const [value, stream] of pairsOf(connection, name)) {
      if (value !== last && streams.has(stream)) {
        last = value;
        values.add(value);
      }
    }
  });
  return [...values].sort();
}

/** Calls `add` with the labels of each meant stream, or `addMany` with the numbers of a day's where these are many. */
async function eachLabels(pool: ConnectionPool, select: Select, signal: AbortSignal, add: (labels: Labels) => void, addMany: StreamVisitor['sealed']): Promise<void> {
  await eachStreams(pool, select, signal, {
    hot: (key) => add(labelsOfKey(key)),
    sealed: (connection, streams) => {
      if (streams.size > fewStreams) {
        addMany(connection, streams);
        return;
      }
      for (const id of streams) {
        add(connection.stream(id).labels);
      }
    },
  });
}

function isThere(connection: Connection, name: string, streams: IdSet): boolean {
  for (const [, stream] of pairsOf(connection, name)) {
    if (streams.has(stream)) {
      return true;
    }
  }
  return false;
}

/** Label sets in one answer. */
const seriesMax = 50_000;

/** Label sets of the streams that have entries in the range, sorted. */
export async function seriesOf(pool: ConnectionPool, select: Select, signal: AbortSignal): Promise<Iterable<Labels>> {
  const found = new BoundedSet(seriesMax, 'streams');
  await eachStreams(pool, select, signal, {
    hot: (key) => found.add(key),
    sealed: (connection, streams) => {
      found.expect(streams.size);
      for (const id of streams) {
        found.add(connection.streamKey(id));
      }
    },
  });
  return labelsOf([...found].sort(compareKeys));
}

/** One by one, since the label sets of all would be several times what their keys are. */
function* labelsOf(keys: string[]): Generator<Labels> {
  for (const key of keys) {
    yield labelsOfKey(key);
  }
}

/** What is done with the meant streams of a day that have entries in the range: with each that has hot rows, and with all that are sealed. */
interface StreamVisitor {
  hot(key: string): void;
  sealed(connection: Connection, streams: IdSet): void;
}

async function eachStreams(pool: ConnectionPool, select: Select, signal: AbortSignal, visitor: StreamVisitor): Promise<void> {
  const selection = new StreamSelection(select.matchers, new Pieces(select.piecesMax));
  await eachDay(pool, select.tenant, select, signal, (view, snapshot) => {
    const { connection, from, to } = view;
    const seen = new Set<string>();
    for (const row of view.hot) {
      if (!seen.has(row.stream) && selection.hasKey(row.stream) && touches(view, row, () => entriesOf(pool, snapshot, row))) {
        seen.add(row.stream);
        visitor.hot(row.stream);
      }
    }
    if (connection) {
      const holds = (block: BlockHeader): boolean => touches(view, block, () => headOf(pool, view, block));
      visitor.sealed(connection, streamsIn(connection, from, to, selection.idsIn(connection), selection.pieces, holds));
    }
  });
}
