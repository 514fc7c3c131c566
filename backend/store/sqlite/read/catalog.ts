import { Breather } from '../../../runtime/breather';
import type { Select, StoreStats, TimeRange } from '../../store';
import { unpackHead } from '../format/block';
import type { BlockHeader } from '../format/block';
import { BoundedSet, namesMax } from './boundedSet';
import { blocksIn } from './candidates';
import { lowerBound, type Columns } from '../format/columns';
import { leftOut } from '../database';
import { hotRowName, readHotRow, type HotHeader } from '../format/hotRow';
import { dayOf } from '../names';
import { Pieces } from './pieces';
import { timesOf } from './scan';
import { Snapshot, type ConnectionPool, type DayView } from './snapshot';
import { StreamSelection } from './streams';

/** Runs `work` on each day of a selection, with breaks between days for whatever else the thread has to do. Rejects when the signal has fired. */
export async function eachDay(pool: ConnectionPool, tenant: string, range: TimeRange, signal: AbortSignal, work: (view: DayView, snapshot: Snapshot) => void): Promise<void> {
  if (range.endNs <= range.startNs) {
    return;
  }
  const breather = new Breather(signal);
  // before it holds files open: there may be hundreds that wait
  await breather.pause();
  const snapshot = new Snapshot(pool, tenant);
  try {
    for (const day of snapshot.days(dayOf(range.startNs), dayOf(range.endNs - 1n))) {
      await breather.pause();
      const { from, to } = timesOf(range, day);
      const view = snapshot.openDay(day, from, to);
      try {
        work(view, snapshot);
      } finally {
        snapshot.closeDay(view);
      }
    }
  } finally {
    snapshot.close();
  }
}

/** Times and lengths of a block; undefined when they are damaged, which is told. */
export function headOf({ onDamage }: ConnectionPool, view: DayView, block: BlockHeader): Columns | undefined {
  const connection = view.connection!;
  try {
    return unpackHead(connection.sql<{ data: Uint8Array }>('SELECT data FROM heads WHERE id = ?').get(block.id)!.data);
  } catch (error) {
    onDamage(leftOut(`${connection.file}: block ${block.id}`, error));
    return undefined;
  }
}

/** The entries of a hot row; undefined when they are damaged, which is told. */
export function entriesOf({ onDamage }: ConnectionPool, snapshot: Snapshot, { id, day }: HotHeader): Columns | undefined {
  try {
    return readHotRow(snapshot.hotData(id));
  } catch (error) {
    onDamage(leftOut(hotRowName(id, day), error));
    return undefined;
  }
}

/** Whether a block has an entry in the view's times: sure when its first or last one lies inside, else its times are looked at. */
export function touches(view: DayView, item: { min: number; max: number }, read: () => Columns | undefined): boolean {
  if (item.min >= view.from || item.max < view.to) {
    return true;
  }
  const columns = read();
  return columns !== undefined && lowerBound(columns.times, view.from) < lowerBound(columns.times, view.to);
}

export async function statsOf(pool: ConnectionPool, select: Select, signal: AbortSignal): Promise<StoreStats> {
  const selection = new StreamSelection(select.matchers, new Pieces(select.piecesMax));
  const streams = new BoundedSet(namesMax, 'streams');
  const stats: StoreStats = { streams: 0, chunks: 0, entries: 0, bytes: 0 };
  const add = (view: DayView, key: string, item: { min: number; max: number; count: number; bytes: number }, read: () => Columns | undefined): void => {
    let { count, bytes } = item;
    if (item.min < view.from || item.max >= view.to) {
      const columns = read();
      if (!columns) {
        return;
      }
      const { times, offsets } = columns;
      const [first, end] = [lowerBound(times, view.from), lowerBound(times, view.to)];
      count = end - first;
      bytes = offsets[end] - offsets[first];
    }
    if (count > 0) {
      streams.add(key);
      stats.chunks++;
      stats.entries += count;
      stats.bytes += bytes;
    }
  };
  await eachDay(pool, select.tenant, select, signal, (view, snapshot) => {
    for (const row of view.hot) {
      if (selection.hasKey(row.stream)) {
        add(view, row.stream, row, () => entriesOf(pool, snapshot, row));
      }
    }
    const { connection } = view;
    if (connection) {
      for (const block of blocksIn(connection, view.from, view.to, selection.idsIn(connection), undefined, undefined, selection.pieces)) {
        add(view, connection.streamKey(block.stream), block, () => headOf(pool, view, block));
      }
    }
  });
  stats.streams = streams.size;
  return stats;
}
