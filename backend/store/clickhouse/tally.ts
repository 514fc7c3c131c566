import type { RowSource } from './client';
import type { RowReader } from './rowBinary';
import { ServerError } from './serverError';
import { and } from './sql';

/**
 * Exact sums over `entries`, in which a retried or racing insert may have left a row twice until the next merge. `FINAL` takes such rows together and
 * costs about six times as much as a plain read. But two equal rows have equal times, belong to one stream, and lie in two parts: inserts have no
 * repeats in themselves and merges remove them. So a plain read that says for each stream, cell of time and part which times it saw (all from one
 * snapshot) proves itself: where the times of no two parts overlap nothing can be there twice. Only the other cells are read again with `FINAL`.
 * Parts of two shards may have the same name, and rows of a cell come from several shards: rows of two shards are never equal, and a name that stands for both only widens its times.
 */
export interface TallyRequest {
  /** Condition on entries, the range included. */
  where: string;
  /** What tells rows of the answer apart besides stream and cell; SQL expressions. */
  keys: string[];
  /** Aggregates. */
  sums: string[];
  grid: Grid;
}

/** Cells of time: `steps` buckets of `stepNs` from `startNs` on, each cut into `cuts`. Cell `c` is cut `c % cuts` of bucket `floor(c / cuts)`. */
export interface Grid {
  startNs: bigint;
  stepNs: bigint;
  cuts: number;
}

export interface TallyRow<Values> {
  id: bigint;
  cell: number;
  values: Values;
}

/** Rows of an answer; beyond them the caller finds another way. */
const rowsMax = 1_000_000;
/** Ranges of time named in one statement; beyond them everything between the first and the last is read again. */
const rangesMax = 100;
/** Unknown column: what servers say that do not know `_part` here. */
const unknownColumn = new Set([10, 16, 47]);

interface PartRow<Values> extends TallyRow<Values> {
  part: string;
  /** Times to the nearest double: rounding never tears apart what overlaps. */
  first: number;
  last: number;
}

/** The rows of a tally, or undefined when there are too many. `read` reads keys and sums. */
export async function tally<Values>(source: RowSource, request: TallyRequest, read: (row: RowReader) => Values, signal?: AbortSignal): Promise<Array<TallyRow<Values>> | undefined> {
  const plain = await plainRows(source, request, read, signal);
  if (plain === undefined) {
    return finalRows(source, request, read, undefined, signal);
  }
  if (plain.length > rowsMax) {
    return undefined;
  }
  const doubtful = doubtfulCells(plain);
  if (doubtful.size === 0) {
    return plain;
  }
  const again = await finalRows(source, request, read, doubtful, signal);
  return again && [...plain.filter(({ id, cell }) => !doubtful.get(cell)?.has(id)), ...again.filter(({ id, cell }) => doubtful.get(cell)?.has(id))];
}

const stepOf = ({ stepNs, cuts }: Grid): bigint => (stepNs + BigInt(cuts) - 1n) / BigInt(cuts);

function cellExpression({ startNs, stepNs, cuts }: Grid, cutNs: bigint): string {
  const bucket = `intDiv(ts - (${startNs}), ${stepNs})`;
  return `toInt64(${cuts === 1 ? bucket : `${bucket} * ${cuts} + intDiv((ts - (${startNs})) % ${stepNs}, ${cutNs})`})`;
}

function statement({ keys, sums, grid, where }: TallyRequest, extra: string[], from: string): string {
  const groups = keys.map((key, i) => `${key} AS k${i}`);
  const columns = ['stream_id', `${cellExpression(grid, stepOf(grid))} AS c`, ...extra, ...groups, ...sums];
  return `${columns.join(', ')} FROM ${from} WHERE ${where} GROUP BY stream_id, c${keys.map((_, i) => `, k${i}`).join('')}`;
}

/** Undefined: this server can't say from which part a row is. */
async function plainRows<Values>(source: RowSource, request: TallyRequest, read: (row: RowReader) => Values, signal?: AbortSignal): Promise<Array<PartRow<Values>> | undefined> {
  try {
    return await source.rows(
      `${statement(request, ['toString(_part) AS part', 'min(ts)', 'max(ts)'], source.tables.entries)}, part LIMIT ${rowsMax + 1}`,
      (row) => ({ id: row.u64(), cell: row.i64Near(), part: row.text(), first: row.i64Near(), last: row.i64Near(), values: read(row) }),
      { signal }
    );
  } catch (error) {
    if (error instanceof ServerError && unknownColumn.has(error.code)) {
      return undefined;
    }
    throw error;
  }
}

async function finalRows<Values>(source: RowSource, request: TallyRequest, read: (row: RowReader) => Values, cells?: Map<number, Set<bigint>>, signal?: AbortSignal): Promise<Array<TallyRow<Values>> | undefined> {
  const ids = new Set([...(cells?.values() ?? [])].flatMap((own) => [...own]));
  const some = cells && and(`stream_id IN (${[...ids].join(', ')})`, `(${rangesOf([...cells.keys()], request.grid).map(([from, to]) => `ts >= ${from} AND ts < ${to}`).join(' OR ')})`);
  const rows = await source.rows(
    `${statement({ ...request, where: and(request.where, some) }, [], `${source.tables.entries} FINAL`)} LIMIT ${rowsMax + 1}`,
    (row) => ({ id: row.u64(), cell: row.i64Near(), values: read(row) }),
    { signal }
  );
  return rows.length > rowsMax ? undefined : rows;
}

/** Cells in which parts have times of a stream in common, with these streams. */
function doubtfulCells(rows: Array<PartRow<unknown>>): Map<number, Set<bigint>> {
  const doubtful = new Map<number, Set<bigint>>();
  if (onePartEach(rows)) {
    return doubtful;
  }
  const seen = new Map<bigint, Map<number, Array<PartRow<unknown>>>>();
  for (const row of rows) {
    const cells = seen.get(row.id) ?? new Map<number, Array<PartRow<unknown>>>();
    seen.set(row.id, cells);
    const others = cells.get(row.cell);
    if (!others) {
      cells.set(row.cell, [row]);
      continue;
    }
    if (others.some((other) => other.part !== row.part && row.first <= other.last && row.last >= other.first)) {
      doubtful.set(row.cell, (doubtful.get(row.cell) ?? new Set()).add(row.id));
    }
    others.push(row);
  }
  return doubtful;
}

/** Whether every partition has but one part, as after a merge: equal rows are of one partition. Names of parts begin with that of their partition. */
function onePartEach(rows: Array<PartRow<unknown>>): boolean {
  const parts = new Map<string, string>();
  let last = '';
  for (const { part } of rows) {
    if (part !== last) {
      last = part;
      const partition = part.slice(0, part.indexOf('_', 1));
      if ((parts.get(partition) ?? part) !== part) {
        return false;
      }
      parts.set(partition, part);
    }
  }
  return true;
}

/** The times of cells, neighbours together. */
function rangesOf(cells: number[], { startNs, stepNs, cuts }: Grid): Array<[bigint, bigint]> {
  const cutNs = stepOf({ startNs, stepNs, cuts });
  const ranges: Array<[bigint, bigint]> = [];
  for (const cell of cells.sort((a, b) => a - b)) {
    const bucketNs = startNs + BigInt(Math.floor(cell / cuts)) * stepNs;
    const from = bucketNs + BigInt(cell % cuts) * cutNs;
    const to = from + cutNs < bucketNs + stepNs ? from + cutNs : bucketNs + stepNs;
    const last = ranges.at(-1);
    if (last && last[1] === from) {
      last[1] = to;
    } else {
      ranges.push([from, to]);
    }
  }
  return ranges.length > rangesMax ? [[ranges[0][0], ranges.at(-1)![1]]] : ranges;
}

/** Cells in all, and fewest cells over a range: the finer they are the less has to be read again. */
const cellsMax = 200_000;
const cellsWanted = 64;

/** A grid for `steps` buckets. */
export function gridOf(startNs: bigint, stepNs: bigint, steps: number, streams: number): Grid {
  const most = Math.floor(cellsMax / Math.max(1, streams) / steps);
  const cuts = Math.max(1, Math.min(most, Math.ceil(cellsWanted / steps)));
  return { startNs, stepNs, cuts: BigInt(cuts) > stepNs ? 1 : cuts };
}
