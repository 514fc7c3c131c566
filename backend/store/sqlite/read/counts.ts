import { levelNames } from '../../../../src/levels/levels';
import { Cells } from '../../../model/cells';
import { needsRoom, RequestError } from '../../../model/errors';
import type { Labels } from '../../../model/labels';
import { canBecomeLabel } from '../../../text/labelName';
import type { CountedSeries, CountRequest } from '../../store';
import type { BlockHeader } from '../format/block';
import { blocksIn } from './candidates';
import { eachDay, entriesOf, headOf } from './catalog';
import { lowerBound, type Columns } from '../format/columns';
import { leftOut } from '../database';
import type { KeptRollup } from './keptRollups';
import type { HotHeader } from '../format/hotRow';
import { dayStartNs } from '../names';
import { Pieces } from './pieces';
import { detectedOf, minuteLength, ownOf } from '../format/rollup';
import type { ConnectionPool, DayView } from './snapshot';
import { StreamSelection } from './streams';
import { labelsOfKey, streamKey } from '../format/streamKey';

/** Cells (series times buckets) one answer may hold; above it the caller scans, which has its own limits. */
const cellsMax = 1_000_000;
/** Series of one answer, some 250 bytes each beside their cells. */
const rowsMax = 50_000;

/** Buckets up to 52 days: their sums with times of day are exact in doubles. */
const stepNsMax = 2n ** 52n;

const minutesOfDay = 1_440;

/** Keys of streams that are remembered, some 200 bytes each; most streams have few blocks where there are more. */
const keysMax = 20_000;

/** Thrown inside when the answer can't be exact. */
class NotExact extends Error {}

/**
 * Lines and bytes per stream, level and bucket. A block is counted by its rollup when buckets are whole minutes, or all of it falls into
 * one bucket; else by its times and lengths. Text is never read.
 */
export async function countEntries(pool: ConnectionPool, request: CountRequest, signal: AbortSignal): Promise<CountedSeries[] | undefined> {
  if (request.stepNs > stepNsMax) {
    return undefined;
  }
  const counter = new Counter(request, pool);
  const { startNs, stepNs, count } = request;
  const range = { startNs: startNs - stepNs + 1n, endNs: startNs + BigInt(count - 1) * stepNs + 1n };
  const selection = new StreamSelection(request.matchers, new Pieces(request.piecesMax));
  try {
    await eachDay(pool, request.tenant, range, signal, (view, snapshot) => {
      counter.startDay(view);
      for (const row of view.hot) {
        if (selection.hasKey(row.stream)) {
          counter.addHot(row, () => entriesOf(pool, snapshot, row));
        }
      }
      if (view.connection) {
        for (const block of blocksIn(view.connection, view.from, view.to, selection.idsIn(view.connection), undefined, undefined, selection.pieces)) {
          counter.addBlock(view, block);
        }
      }
    });
  } catch (error) {
    if (error instanceof NotExact) {
      return undefined;
    }
    throw error;
  }
  return counter.series();
}

/** A series while it is added up; its labels and columns are made when somebody looks at them. */
class Row implements CountedSeries {
  /** Lines of each bucket, then bytes of each. */
  private readonly piece: Float64Array;
  private readonly at: number;

  constructor(
    private readonly key: string,
    readonly level: string | undefined,
    private readonly count: number,
    cells: Cells
  ) {
    const { piece, at } = cells.take(2 * count);
    this.piece = piece;
    this.at = at;
  }

  add(bucket: number, lines: number, bytes: number): void {
    this.piece[this.at + bucket] += lines;
    this.piece[this.at + this.count + bucket] += bytes;
  }

  get stream(): Labels {
    return labelsOfKey(this.key);
  }

  get lines(): Float64Array {
    return this.piece.subarray(this.at, this.at + this.count);
  }

  get bytes(): Float64Array {
    return this.piece.subarray(this.at + this.count, this.at + 2 * this.count);
  }
}

/** Sums into buckets. Times are ns after the midnight of the day it is on. */
class Counter {
  /** By level, then by stream. */
  private readonly rows = new Map<string | undefined, Map<string, Row>>();
  private readonly cells = new Cells();
  private rowCount = 0;
  /** End of bucket `base`, in ns after the day's midnight; small, so that sums with times stay exact. Not a whole number at first: V8 compiles for what it sees here. */
  private origin = NaN;
  private base = NaN;
  private readonly step: number;
  /** Nothing but the stream tells entries apart, so the header of a block says what there is in it. */
  private readonly plain: boolean;
  /** No minute of the day is cut by a bucket's edge. */
  private aligned = false;
  private view: DayView | undefined;
  private readonly keys = new Map<number, string>();

  /** The bucket of each minute of the day, when no minute is cut. */
  private readonly buckets = new Int32Array(minutesOfDay + 1);

  constructor(
    private readonly request: CountRequest,
    private readonly pool: ConnectionPool
  ) {
    this.step = Number(request.stepNs);
    this.plain = request.by === 'stream' && request.metadataNames.length === 0;
  }

  startDay(view: DayView): void {
    const fromMidnight = this.request.startNs - dayStartNs(view.day);
    this.origin = Number(fromMidnight % this.request.stepNs);
    this.base = -Number(fromMidnight / this.request.stepNs);
    this.aligned = fromMidnight % BigInt(minuteLength) === 0n && this.step % minuteLength === 0;
    this.view = view;
    this.keys.clear();
    if (this.aligned) {
      this.buckets.forEach((_, minute, buckets) => (buckets[minute] = this.bucketOf(minute * minuteLength)));
    }
  }

  private row(key: string, level: string | undefined): Row {
    let streams = this.rows.get(level);
    if (!streams) {
      streams = new Map();
      this.rows.set(level, streams);
    }
    let row = streams.get(key);
    if (!row) {
      const { count, seriesMax = Infinity } = this.request;
      this.rowCount++;
      if (this.rowCount > seriesMax) {
        throw new RequestError(400, `more than ${seriesMax} series would be counted: add label matchers`, undefined, needsRoom);
      }
      if (this.rowCount * count > cellsMax || this.rowCount > rowsMax) {
        throw new NotExact();
      }
      row = new Row(key, level, count, this.cells);
      streams.set(key, row);
    }
    return row;
  }

  private refuse(names: readonly string[], hasDetected: boolean): void {
    const { metadataNames, by } = this.request;
    if (names.some((name) => metadataNames === 'all' || metadataNames.some((label) => canBecomeLabel(name, label)))) {
      throw new NotExact();
    }
    if (hasDetected && by !== 'detected_level' && (metadataNames === 'all' || metadataNames.includes('detected_level'))) {
      throw new NotExact();
    }
  }

  addHot(row: HotHeader, read: () => Columns | undefined): void {
    const key = this.rowKey(row.stream);
    const columns = this.addHeader(key, row) ? undefined : read();
    if (columns) {
      this.addEntries(key, columns);
    }
  }

  /** False when the header does not say what goes into which bucket of which series. */
  private addHeader(key: string, { min, max, count, bytes }: Pick<BlockHeader, 'min' | 'max' | 'count' | 'bytes'>): boolean {
    const { from, to } = this.view!;
    const told = this.plain && min >= from && max < to && this.bucketOf(min) === this.bucketOf(max);
    if (told) {
      this.row(key, undefined).add(this.bucketOf(min), count, bytes);
    }
    return told;
  }

  addBlock(view: DayView, block: BlockHeader): void {
    const key = this.keyOf(view, block.stream);
    if (this.addHeader(key, block)) {
      return;
    }
    const inside = block.min >= view.from && block.max < view.to;
    // with whole minutes the edges of the range lie between minutes as well
    const countable = this.aligned || (inside && this.oneBucket(block));
    const rollup = countable ? this.rollupOf(view, block) : undefined;
    if (rollup) {
      this.addRollup(key, rollup, this.aligned ? undefined : this.bucketOf(block.min));
      return;
    }
    const head = headOf(this.pool, view, block);
    if (head) {
      this.addEntries(key, head);
    }
  }

  /** Undefined when it can't be kept, or is damaged: its block is counted by its entries then. */
  private rollupOf(view: DayView, block: BlockHeader): KeptRollup | undefined {
    const connection = view.connection!;
    const { rollups, onDamage } = this.pool;
    try {
      return rollups.of(connection.sameFile, block, () => connection.sql<{ data: Uint8Array | null }>('SELECT data FROM rollups WHERE id = ?').get(block.id)?.data);
    } catch (error) {
      onDamage(leftOut(`${connection.file}: the rollup of block ${block.id}`, error));
      return undefined;
    }
  }

  /** What the row of a stream of the day is known by. */
  private keyOf({ connection }: DayView, stream: number): string {
    let key = this.keys.get(stream);
    if (key === undefined) {
      key = this.rowKey(connection!.streamKey(stream));
      if (this.keys.size >= keysMax) {
        this.keys.clear();
      }
      this.keys.set(stream, key);
    }
    return key;
  }

  /** The key of a stream with those labels that are looked at. */
  private rowKey(key: string): string {
    const { labels } = this.request;
    return labels ? streamKey(new Map([...labelsOfKey(key)].filter(([name]) => labels.includes(name)))) : key;
  }

  private bucketOf(time: number): number {
    return Math.ceil((time - this.origin) / this.step) + this.base;
  }

  private oneBucket(block: BlockHeader): boolean {
    return this.bucketOf(block.min) === this.bucketOf(block.max);
  }

  private addRollup(key: string, { from, to, names }: KeptRollup, bucket: number | undefined): void {
    const { by, count } = this.request;
    this.refuse(names.metadata, names.detected.length > 0);
    const { minutes, kinds, lines, bytes } = this.pool.rollups;
    const { buckets } = this;
    const level = (kind: number): string | undefined => (by === 'stream' ? undefined : by === '__level__' ? levelNames[ownOf(kind)] : names.detected[detectedOf(kind) - 1]);
    const rows: Row[] = [];
    for (let i = from; i < to; i++) {
      const at = bucket ?? buckets[minutes[i]];
      if (at >= 0 && at < count) {
        const row = (rows[kinds[i]] ??= this.row(key, level(kinds[i])));
        row.add(at, lines[i], bytes[i]);
      }
    }
  }

  addEntries(key: string, columns: Columns): void {
    const { by } = this.request;
    const { times, offsets, metadata, metadataSets = [], levels } = columns;
    const { from, to } = this.view!;
    const first = lowerBound(times, from);
    const end = lowerBound(times, to);
    const names = new Set<string>();
    if (metadata) {
      for (const set of new Set(metadata.subarray(first, end))) {
        for (const name of metadataSets[set].keys()) {
          names.add(name);
        }
      }
    }
    const hasDetected = names.delete('detected_level');
    this.refuse([...names], hasDetected);
    const rows: Row[] = [];
    for (let i = first; i < end; i++) {
      const number = by === 'stream' ? 0 : by === '__level__' ? (levels?.[i] ?? 0) : (metadata?.[i] ?? 0);
      let row = rows[number];
      if (!row) {
        const level = by === 'stream' ? undefined : by === '__level__' ? levelNames[number] : metadataSets[number]?.get('detected_level');
        row = rows[number] = this.row(key, level);
      }
      row.add(this.bucketOf(times[i]), 1, offsets[i + 1] - offsets[i]);
    }
  }

  series(): CountedSeries[] {
    return [...this.rows.values()].flatMap((levels) => [...levels.values()]);
  }
}
