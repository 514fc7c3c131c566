import type { Chunk, Scan } from '../store';
import { candidatesIn } from './candidates';
import { ItemReader, type Item } from './itemReader';
import { dayLengthNs, dayOf, dayStartNs } from './names';
import { Snapshot, type ConnectionPool, type DayView } from './snapshot';
import { StreamSelection } from './streams';

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
      if (scan.wants?.(dayStartNs(day) + BigInt(scan.direction === 'backward' ? to - 1 : from)) === false) {
        return;
      }
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
  const first = (a: Item, b: Item): boolean => (backward ? a.bound > b.bound : a.bound < b.bound);
  const heap = new Heap(itemsOf(view, selection, scan, backward), first);
  const reader = new ItemReader(snapshot, view, scan, onDamage);
  const dayNs = dayStartNs(view.day);
  try {
    for (let item = heap.pop(); item; item = heap.pop()) {
      if (scan.wants?.(dayNs + BigInt(item.bound)) === false) {
        return;
      }
      if (!item.columns && reader.mustCut(item)) {
        item.columns = reader.columns(item);
        if (!item.columns) {
          continue;
        }
        item.bound = backward ? item.columns.times[item.columns.count - 1] : item.columns.times[0];
        const next = heap.peek();
        if (next && first(next, item)) {
          heap.push(item);
          continue;
        }
      }
      const chunk = reader.chunk(item);
      if (chunk) {
        yield chunk;
        if (item.rest) {
          heap.push(item.rest);
        }
      }
    }
  } finally {
    reader.close();
  }
}

function itemsOf(view: DayView, selection: StreamSelection, scan: Scan, backward: boolean): Item[] {
  const { hints, labelHints = [] } = scan;
  const { connection, from, to, hot } = view;
  const bound = (min: number, max: number): number => (backward ? Math.min(max, to - 1) : Math.max(min, from));
  const items: Item[] = [];
  for (const row of hot) {
    if (selection.hasKey(row.stream)) {
      items.push({ bound: bound(row.min, row.max), block: false, exempt: true, id: row.id, stream: row.stream, min: row.min, max: row.max });
    }
  }
  if (connection) {
    const { blocks, exempt } = candidatesIn(connection, from, to, selection.idsIn(connection), hints, labelHints);
    const first = items.length;
    for (const { id, stream, min, max } of blocks) {
      items.push({ bound: bound(min, max), block: true, exempt: exempt.has(id), id, stream, min, max });
    }
    readNearestFirst(items.slice(first), scan, backward);
  }
  return items;
}

/** Fewer lines at a time do not pay: opening a block costs as much as a hundred of its lines. */
const linesFirstMin = 64;

/**
 * A scan that will stop soon needs a few of the last lines of each stream: of each stream's nearest block, twice as many as there would be if all streams wrote equally are read first. Where texts
 * are looked for this does not help, since few lines may hold them.
 */
function readNearestFirst(blocks: Item[], { limitHint, needs, hints, labelHints }: Scan, backward: boolean): void {
  if (limitHint === undefined || needs.text !== 'lines' || labelHints?.length || hints.some(({ kind }) => kind === 'any')) {
    return;
  }
  const nearest = new Map<Item['stream'], Item>();
  for (const block of blocks) {
    const known = nearest.get(block.stream);
    if (!known || (backward ? block.bound > known.bound : block.bound < known.bound)) {
      nearest.set(block.stream, block);
    }
  }
  const linesFirst = Math.max(linesFirstMin, Math.ceil((2 * limitHint) / nearest.size));
  nearest.forEach((block) => (block.linesFirst = linesFirst));
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
