import { compareLabels } from '../../model/labels';
import { dayOf } from '../sqlite/names';
import { toChunk } from '../sqlite/format/columns';
import type { Chunk, Scan, TimeRange } from '../store';
import { becomesLabelPattern } from '../../text/labelName';
import { TooMuch, type RowSource } from './client';
import { EntryRows, entryColumns, type Needs, type StreamColumns } from './rows';
import { max, min, ScanWindows } from './scanWindows';
import { and, hintCondition, quote, rangeCondition } from './sql';
import { selectStreams, streamsCondition, type FoundStream } from './streams';

/** Rows that are held at a time. */
const windowRowsMax = 30_000;
/** Fewest rows asked for at a time: a request costs as much as some hundred rows. */
const windowRowsMin = 1_000;
/** Bytes that are held at a time; a window with more is cut. */
const windowBytesMax = 16 * 1024 * 1024;
/** One instant can't be cut any further. */
const instantBytesMax = 512 * 1024 * 1024;
/** Into how many parts a window with too many rows is looked at. */
const cutParts = 128n;

/** One scan at work: windows of time within a day, each small enough to be held, in the order of the scan. */
export interface ScanParts {
  source: RowSource;
  tenant: string;
  streams: ReadonlyMap<bigint, FoundStream>;
  /** Everything but the range. */
  where: string;
  needs: Needs;
  backward: boolean;
  signal: AbortSignal;
}

export interface ScannedWindow {
  day: number;
  streams: StreamColumns[];
}

/** `StoreReader.scan`. */
export async function* scanEntries(source: RowSource, scan: Scan, signal: AbortSignal): AsyncGenerator<Chunk> {
  try {
    for await (const { day, streams, found } of scanWindows(source, scan, scan.needs, signal)) {
      const chunks = streams.map(({ id, columns }) => {
        const { labels, key } = found.get(id)!;
        return toChunk(columns, day, labels, key);
      });
      // of streams with an entry at the same time the first by labels wins a limit, as with the other drivers
      const byTime = scan.direction === 'backward' ? (a: Chunk, b: Chunk) => Number(b.maxNs - a.maxNs) : (a: Chunk, b: Chunk) => Number(a.minNs - b.minNs);
      chunks.sort((a, b) => byTime(a, b) || compareLabels(a.stream, b.stream));
      for (const chunk of chunks) {
        if (signal.aborted) {
          return;
        }
        yield chunk;
      }
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
}

/** The windows of a scan, with the streams they may belong to. */
export async function* scanWindows(
  source: RowSource,
  scan: Scan,
  needs: Needs,
  signal: AbortSignal
): AsyncGenerator<ScannedWindow & { found: ReadonlyMap<bigint, FoundStream> }> {
  if (signal.aborted) {
    return;
  }
  const found = await selectStreams(source, scan, signal);
  if (found.size === 0) {
    return;
  }
  const where = and(`tenant = ${quote(scan.tenant)}`, streamsCondition(found, scan.matchers.length === 0), ...scan.hints.map(hintCondition), ...labelConditions(scan, found));
  const parts: ScanParts = { source, tenant: scan.tenant, streams: found, where, needs, backward: scan.direction === 'backward', signal };
  let rowsMax = scan.limitHint === undefined ? windowRowsMax : Math.min(windowRowsMax, Math.max(windowRowsMin, 2 * scan.limitHint));
  const windows = new ScanWindows(scan, [...found.values()].flatMap((stream) => stream.days));
  let rows = 0;
  for (let window = windows.next(); window; window = windows.next()) {
    for await (const read of scan.limitHint === undefined ? readWindow(parts, { range: window, rowsMax }) : readPage(parts, window, rowsMax)) {
      // filters seem to leave little: look further at once
      rowsMax = Math.min(windowRowsMax, rowsMax * 2);
      rows += read.streams.reduce((sum, { columns }) => sum + columns.count, 0);
      yield { ...read, found };
    }
    windows.grow(rows);
  }
}

/** Hints that hold for entries without a label, as conditions; those of streams that have it can't be told in SQL of ids. */
function labelConditions(scan: Scan, found: ReadonlyMap<bigint, FoundStream>): string[] {
  return (scan.labelHints ?? []).flatMap(({ label, hint }) => {
    const condition = hintCondition(hint);
    const inStreams = [...found.values()].some(({ labels }) => labels.has(label));
    return condition === undefined || inStreams ? [] : [`(arrayExists(name -> match(name, ${quote(becomesLabelPattern(label))}), meta_k) OR ${condition})`];
  });
}

/**
 * Reads the first rows of a window in the order of the scan, which will likely do; only when the caller wants more, the rest of it. What is read is whole up to the
 * time of the row that was too much (of every shard its first rows are there).
 */
async function* readPage(parts: ScanParts, range: TimeRange, rowsMax: number): AsyncGenerator<ScannedWindow> {
  const { backward, streams } = parts;
  const page = await tryRows(parts, range, { rowsMax, ordered: true });
  const cutNs = page && page.count > rowsMax ? page.timeOf(rowsMax, backward) : undefined;
  if (page) {
    const columns = page.columns((id) => streams.has(id), cutNs === undefined ? undefined : (ns) => (backward ? ns > cutNs : ns < cutNs));
    if (columns.length > 0) {
      yield { day: dayOf(range.startNs), streams: columns };
    }
  }
  if (!page || cutNs !== undefined) {
    const rest = cutNs === undefined ? range : backward ? { startNs: range.startNs, endNs: cutNs + 1n } : { startNs: cutNs, endNs: range.endNs };
    yield* readWindow(parts, { range: rest, rowsMax: Math.min(windowRowsMax, rowsMax * 2) });
  }
}

/** Reads a window at once when it is small, else in cuts. */
async function* readWindow(parts: ScanParts, { range, rowsMax, rows: known }: Cut): AsyncGenerator<ScannedWindow> {
  const instant = range.endNs - range.startNs <= 1n;
  const rows = instant || known === undefined || known <= rowsMax ? await tryWindow(parts, range, instant ? undefined : rowsMax) : undefined;
  if (rows) {
    const streams = rows.columns((id) => parts.streams.has(id));
    if (streams.length > 0) {
      yield { day: dayOf(range.startNs), streams };
    }
    return;
  }
  for (const cut of await cutWindow(parts, range, rowsMax)) {
    yield* readWindow(parts, cut);
  }
}

/** The rows of a window, or undefined when there are more than may be held. Without an order, so that the server can stop as soon as it is clear. */
async function tryWindow(parts: ScanParts, window: TimeRange, rowsMax: number | undefined): Promise<EntryRows | undefined> {
  const rows = await tryRows(parts, window, { rowsMax, ordered: false });
  return rowsMax !== undefined && rows && rows.count > rowsMax ? undefined : rows;
}

/** Up to one row more than `rowsMax`, any or the first in the order of the scan; undefined when their text is more than may be held. */
async function tryRows({ source, where, needs, signal, backward }: ScanParts, window: TimeRange, { rowsMax, ordered }: { rowsMax: number | undefined; ordered: boolean }): Promise<EntryRows | undefined> {
  const order = ordered ? ` ORDER BY ts${backward ? ' DESC' : ''}` : '';
  const limit = rowsMax === undefined ? '' : ` LIMIT ${rowsMax + 1}`;
  try {
    const answer = await source.read(`${entryColumns(needs)} FROM ${source.tables.entries} ${conditions(where, window)}${order}${limit}`, {
      signal,
      bytesMax: rowsMax === undefined ? instantBytesMax : windowBytesMax,
    });
    return new EntryRows(answer, needs, dayOf(window.startNs));
  } catch (error) {
    if (error instanceof TooMuch && rowsMax !== undefined) {
      return undefined;
    }
    throw error;
  }
}

/** Windows up to this length are a small part of what the server has to look through (a granule is 8,192 rows of one stream). */
const narrowNs = 6n * 3_600_000_000_000n;

/**
 * In a narrow window the times are looked at first, and lines are read where they fit; old servers would read all lines of the granules. In a wide one
 * the server chooses, and it chooses the line filter.
 */
function conditions(where: string, window: TimeRange): string {
  const range = rangeCondition(window);
  return window.endNs - window.startNs <= narrowNs ? `PREWHERE ${range} WHERE ${where}` : `WHERE ${and(where, range)}`;
}

interface Cut {
  range: TimeRange;
  rowsMax: number;
  /** How many rows it has, when that is known. */
  rows?: number;
}

/**
 * Neighbouring parts of a window, in the order of the scan, with at most `rowsMax` rows together, twice as many from part to part: a scan that goes
 * on wants much. A window that was too large in bytes has few rows; it is cut finer.
 */
async function cutWindow({ source, where, backward, signal }: ScanParts, window: TimeRange, rowsMax: number): Promise<Cut[]> {
  const { startNs, endNs } = window;
  const partNs = (endNs - startNs + cutParts - 1n) / cutParts;
  const found = await source.rows(
    `toInt64(intDiv(ts - (${startNs}), ${partNs})) AS b, min(ts), max(ts), count() FROM ${source.tables.entries} ${conditions(where, window)} GROUP BY b`,
    (row) => ({ part: row.i64(), range: { startNs: row.i64(), endNs: row.i64() + 1n }, rows: row.count() }),
    { signal }
  );
  const byPart = new Map<bigint, { range: TimeRange; rows: number }>();
  for (const { part, range, rows } of found) {
    const one = byPart.get(part);
    byPart.set(part, one ? { range: { startNs: min(one.range.startNs, range.startNs), endNs: max(one.range.endNs, range.endNs) }, rows: one.rows + rows } : { range, rows });
  }
  const buckets = [...byPart.values()];
  buckets.sort((a, b) => Number(a.range.startNs - b.range.startNs) * (backward ? -1 : 1));
  const total = buckets.reduce((sum, bucket) => sum + bucket.rows, 0);
  const tooWide = total <= rowsMax;
  let target = tooWide ? Math.max(1, Math.floor(total / 4)) : rowsMax;
  const cuts: Array<Required<Cut>> = [];
  for (const { range, rows } of buckets) {
    const last = cuts.at(-1);
    if (last && last.rows + rows <= last.rowsMax) {
      last.range = { startNs: min(last.range.startNs, range.startNs), endNs: max(last.range.endNs, range.endNs) };
      last.rows += rows;
    } else {
      cuts.push({ range: { ...range }, rowsMax: target, rows });
      target = tooWide ? target : Math.min(windowRowsMax, target * 2);
    }
  }
  return cuts;
}
