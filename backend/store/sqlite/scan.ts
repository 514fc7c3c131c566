import type { Chunk, Hint, Scan } from '../store';
import { unpackHead } from './block';
import { blocksIn, groupsIn } from './candidates';
import { lowerBound, slice, toChunk, type Columns } from './columns';
import { noteBuffer } from './garbage';
import { readHotRow } from './hotRow';
import { dayLengthNs, dayOf, dayStartNs } from './names';
import { needlesOf, prefilterOf } from './prefilter';
import { Snapshot, type ConnectionPool, type DayView } from './snapshot';
import { StreamSelection } from './streams';
import { labelsOfKey } from './streamKey';
import { decompress } from './zstd';

/** Something a scan will read: a block or a hot row, ordered by a bound on the first time it can give. */
interface Item {
  /** Backward: no entry of it is younger. Forward: none is older. Exact once `columns` is set. */
  bound: number;
  block: boolean;
  id: number;
  stream: number | string;
  min: number;
  max: number;
  columns?: Columns;
}

/** Reads one scan; chunks in the order the seam promises. The snapshot lives as long as the caller pulls. */
export async function* scanStore(pool: ConnectionPool, scan: Scan, signal: AbortSignal): AsyncIterable<Chunk> {
  if (scan.endNs <= scan.startNs || signal.aborted) {
    return;
  }
  const selection = new StreamSelection(scan.matchers);
  const snapshot = new Snapshot(pool, scan.tenant);
  try {
    const days = snapshot.days(dayOf(scan.startNs), dayOf(scan.endNs - 1n));
    for (const day of scan.direction === 'backward' ? days.reverse() : days) {
      const { from, to } = timesOf(scan, day);
      const view = snapshot.openDay(day, from, to);
      try {
        for (const chunk of scanDay(snapshot, view, scan, selection, pool.onDamage)) {
          yield chunk;
          if (signal.aborted) {
            return;
          }
        }
      } finally {
        snapshot.closeDay(view);
      }
    }
  } finally {
    snapshot.close();
  }
}

/** The part of a range inside a day: [from, to) in ns after midnight. */
export function timesOf(range: { startNs: bigint; endNs: bigint }, day: number): { from: number; to: number } {
  const startNs = dayStartNs(day);
  return {
    from: range.startNs <= startNs ? 0 : Number(range.startNs - startNs),
    to: range.endNs >= dayStartNs(day + 1) ? dayLengthNs : Number(range.endNs - startNs),
  };
}

function* scanDay(snapshot: Snapshot, view: DayView, scan: Scan, selection: StreamSelection, onDamage: (error: unknown) => void): Generator<Chunk> {
  const backward = scan.direction === 'backward';
  const items = itemsOf(view, selection, scan.hints, backward);
  const first = (a: Item, b: Item): boolean => (backward ? a.bound > b.bound : a.bound < b.bound);
  const heap = new Heap(items, first);
  const needles = needlesOf(scan.hints);
  for (let item = heap.pop(); item; item = heap.pop()) {
    if (!item.columns) {
      const columns = readItem(snapshot, view, item, onDamage);
      if (!columns) {
        continue;
      }
      item.columns = columns;
      item.bound = backward ? columns.times[columns.count - 1] : columns.times[0];
      const next = heap.peek();
      if (next && first(next, item)) {
        heap.push(item);
        continue;
      }
    }
    const chunk = chunkOf(view, item, scan, needles, onDamage);
    if (chunk) {
      yield chunk;
    }
  }
}

function itemsOf(view: DayView, selection: StreamSelection, hints: Hint[], backward: boolean): Item[] {
  const { connection, from, to, hot } = view;
  const bound = (min: number, max: number): number => (backward ? Math.min(max, to - 1) : Math.max(min, from));
  const items: Item[] = [];
  for (const row of hot) {
    if (selection.hasKey(row.stream)) {
      items.push({ bound: bound(row.min, row.max), block: false, id: row.id, stream: row.stream, min: row.min, max: row.max });
    }
  }
  if (connection) {
    const groups = groupsIn(connection, prefilterOf(hints));
    for (const block of blocksIn(connection, from, to, selection.idsIn(connection), groups)) {
      items.push({ bound: bound(block.min, block.max), block: true, id: block.id, stream: block.stream, min: block.min, max: block.max });
    }
  }
  return items;
}

/** The entries of an item inside the view's times; a block's text is still in `texts`. Undefined when none is, or it is damaged. */
function readItem(snapshot: Snapshot, view: DayView, item: Item, onDamage: (error: unknown) => void): Columns | undefined {
  try {
    const columns = item.block
      ? unpackHead(view.connection!.sql<{ data: Uint8Array }>('SELECT data FROM heads WHERE id = ?').get(item.id)!.data)
      : readHotRow(snapshot.hotData(item.id));
    if (item.min >= view.from && item.max < view.to) {
      return columns;
    }
    // a block's text is cut when it is read: `cutText`
    const start = lowerBound(columns.times, view.from);
    const end = lowerBound(columns.times, view.to);
    return start < end ? (item.block ? sliceHead(columns, start, end) : slice(columns, start, end)) : undefined;
  } catch (error) {
    onDamage(damageOf(view, item, error));
    return undefined;
  }
}

function damageOf(view: DayView, item: Item, error: unknown): Error {
  const where = item.block ? `${view.connection!.file}: block ${item.id}` : `hot row ${item.id} of day ${view.day}`;
  return new Error(`${where} is damaged and was left out: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}

/** Columns of a block without its text: offsets keep pointing into the whole text until it is there. */
function sliceHead(columns: Columns, from: number, to: number): Columns {
  return {
    ...columns,
    count: to - from,
    times: columns.times.subarray(from, to),
    offsets: columns.offsets.subarray(from, to + 1),
    metadata: columns.metadata?.subarray(from, to),
    levels: columns.levels?.subarray(from, to),
  };
}

const noText: Uint8Array = new Uint8Array(0);

function chunkOf(view: DayView, item: Item, scan: Scan, needles: Buffer[][], onDamage: (error: unknown) => void): Chunk | undefined {
  let columns = item.columns!;
  const { needs } = scan;
  const first = columns.offsets[0];
  const bytes = columns.offsets[columns.count] - first;
  let text: Uint8Array = noText;
  if (needs.text === 'lines') {
    try {
      const whole = item.block ? decompress(view.connection!.sql<{ data: Uint8Array }>('SELECT data FROM texts WHERE id = ?').get(item.id)!.data) : columns.text;
      if (whole.length < first + bytes) {
        throw new Error('the text is shorter than its lines');
      }
      noteBuffer(whole.length);
      text = whole.subarray(first, first + bytes);
    } catch (error) {
      onDamage(damageOf(view, item, error));
      return undefined;
    }
    const buffer = Buffer.from(text.buffer, text.byteOffset, text.length);
    if (!needles.every((texts) => texts.some((needle) => buffer.includes(needle)))) {
      return undefined;
    }
  }
  if (first > 0) {
    columns = { ...columns, offsets: columns.offsets.map((offset) => offset - first) };
  }
  const stream = typeof item.stream === 'number' ? view.connection!.stream(item.stream) : { key: item.stream, labels: labelsOfKey(item.stream) };
  return toChunk(
    {
      ...columns,
      text,
      metadata: needs.metadata ? columns.metadata : undefined,
      metadataSets: needs.metadata ? columns.metadataSets : undefined,
      levels: needs.levels ? columns.levels : undefined,
    },
    view.day,
    stream.labels,
    stream.key
  );
}

/** A binary heap; the first item is the one that comes before all others. */
class Heap<T> {
  constructor(
    private readonly items: T[],
    private readonly first: (a: T, b: T) => boolean
  ) {
    items.sort((a, b) => (first(a, b) ? -1 : first(b, a) ? 1 : 0));
  }

  peek(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    const { items, first } = this;
    let at = items.push(item) - 1;
    while (at > 0 && first(items[at], items[(at - 1) >> 1])) {
      const up = (at - 1) >> 1;
      [items[at], items[up]] = [items[up], items[at]];
      at = up;
    }
  }

  pop(): T | undefined {
    const { items, first } = this;
    const top = items[0];
    const last = items.pop();
    if (items.length > 0 && last !== undefined) {
      items[0] = last;
      for (let at = 0; ; ) {
        let down = 2 * at + 1;
        if (down >= items.length) {
          break;
        }
        if (down + 1 < items.length && first(items[down + 1], items[down])) {
          down++;
        }
        if (!first(items[down], items[at])) {
          break;
        }
        [items[at], items[down]] = [items[down], items[at]];
        at = down;
      }
    }
    return top;
  }
}
