import { needsRoom, RequestError } from '../../../model/errors';
import type { Chunk, Scan } from '../../store';
import { candidatesIn } from './candidates';
import { IdSet } from './idSet';
import { ItemReader } from './itemReader';
import { dayLengthNs, dayOf, dayStartNs } from '../names';
import { ScanQueue, type Item } from './scanQueue';
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

/** Items that wait with their columns; the columns of more are read again when it is their turn. */
const openMax = 1_000;

function* scanDay(snapshot: Snapshot, view: DayView, scan: Scan, selection: StreamSelection, onDamage: (error: unknown) => void): Generator<Chunk> {
  const backward = scan.direction === 'backward';
  const queue = new ScanQueue(backward, view.from, view.to);
  const nearest = stopsSoon(scan) ? new NearestBlocks(scan.limitHint) : undefined;
  fillQueue(queue, view, selection, scan, nearest);
  const reader = new ItemReader(snapshot, view, scan, onDamage);
  const dayNs = dayStartNs(view.day);
  try {
    for (let item = queue.pop(); item; item = queue.pop()) {
      if (scan.wants?.(dayNs + BigInt(item.bound)) === false) {
        return;
      }
      nearest?.mark(item);
      if (!item.columns && reader.mustCut(item)) {
        item.columns = reader.columns(item);
        if (!item.columns) {
          continue;
        }
        item.bound = backward ? item.columns.times[item.columns.count - 1] : item.columns.times[0];
        if (queue.hasBefore(item.bound)) {
          item.columns = queue.givenBack < openMax ? item.columns : undefined;
          queue.giveBack(item);
          continue;
        }
      }
      const chunk = reader.chunk(item);
      if (chunk) {
        yield chunk;
        if (item.rest) {
          queue.giveBack(item.rest);
        }
      }
    }
  } finally {
    reader.close();
  }
}

function fillQueue(queue: ScanQueue, view: DayView, selection: StreamSelection, { hints, labelHints = [], piecesMax = Infinity }: Scan, nearest?: NearestBlocks): void {
  const { connection, from, to, hot } = view;
  for (const { id, stream, min, max } of hot) {
    if (selection.hasKey(stream)) {
      queue.add({ block: false, exempt: true, id, stream, min, max });
    }
  }
  if (connection) {
    const { blocks, exempt } = candidatesIn(connection, from, to, selection.idsIn(connection), hints, labelHints);
    for (const block of blocks) {
      const { id, stream, min, max } = block;
      if (queue.size >= piecesMax) {
        throw new RequestError(400, `more than ${piecesMax} blocks would have to be looked at in one day; add label matchers or ask for a shorter time range`, undefined, needsRoom);
      }
      queue.add({ block: true, exempt: exempt(block), id, stream, min, max });
      nearest?.add(stream);
    }
  }
}

/** Whether few of the lines that are read first are enough. Where texts are looked for nobody knows, since few lines may hold them. */
function stopsSoon(scan: Scan): scan is Scan & { limitHint: number } {
  const { limitHint, needs, hints, labelHints } = scan;
  return limitHint !== undefined && needs.text === 'lines' && !labelHints?.length && !hints.some(({ kind }) => kind === 'any');
}

/** Fewer lines at a time do not pay: opening a block costs as much as a hundred of its lines. */
const linesFirstMin = 64;

/** Finds the nearest block of each stream. A scan that will stop soon reads of these first twice as many lines as it takes from each stream if all streams write equally. */
class NearestBlocks {
  private readonly streams = new IdSet();
  private readonly seen = new IdSet();

  constructor(private readonly limit: number) {}

  add(stream: number): void {
    this.streams.add(stream);
  }

  /** To be called for items in the order in which they are read. */
  mark(item: Item): void {
    const stream = Number(item.stream);
    if (item.block && !this.seen.has(stream)) {
      this.seen.add(stream);
      item.linesFirst = Math.max(linesFirstMin, Math.ceil((2 * this.limit) / this.streams.size));
    }
  }
}
