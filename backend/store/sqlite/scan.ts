import { needsRoom, RequestError } from '../../model/errors';
import type { Chunk, Scan } from '../store';
import { unpackHead } from './block';
import { textMayHold, unpackPart, type PartWanted } from './blockText';
import { candidatesIn } from './candidates';
import { lowerBound, pick, slice, toChunk, type Columns } from './columns';
import { WantedFields } from './fieldPieces';
import { noteBuffer } from '../../garbage';
import { readHotRow } from './hotRow';
import { dayLengthNs, dayOf, dayStartNs } from './names';
import { needlesOf } from './prefilter';
import { ScanQueue, type Item } from './scanQueue';
import { Snapshot, type ConnectionPool, type DayView } from './snapshot';
import { wordConditions } from './splitLines';
import { splitNeedles, type SplitNeedles } from './splitSearch';
import { StreamSelection } from './streams';
import { labelsOfKey } from './streamKey';
import { Scratch } from './zstd';

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
  const queue = new ScanQueue(backward);
  fillQueue(queue, view, selection, scan);
  const reader = new ItemReader(snapshot, view, scan, onDamage);
  const dayNs = dayStartNs(view.day);
  try {
    for (let item = queue.pop(); item; item = queue.pop()) {
      if (scan.wants?.(dayNs + BigInt(item.bound)) === false) {
        return;
      }
      if (!item.columns && (item.min < view.from || item.max >= view.to)) {
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
      }
    }
  } finally {
    reader.close();
  }
}

function fillQueue(queue: ScanQueue, view: DayView, selection: StreamSelection, { direction, hints, labelHints = [], piecesMax = Infinity }: Scan): void {
  const { connection, from, to, hot } = view;
  const bound = (min: number, max: number): number => (direction === 'backward' ? Math.min(max, to - 1) : Math.max(min, from));
  for (const { id, stream, min, max } of hot) {
    if (selection.hasKey(stream)) {
      queue.add({ bound: bound(min, max), block: false, exempt: true, id, stream, min, max });
    }
  }
  if (connection) {
    const { blocks, exempt } = candidatesIn(connection, from, to, selection.idsIn(connection), hints, labelHints);
    for (const block of blocks) {
      const { id, stream, min, max } = block;
      if (queue.size >= piecesMax) {
        throw new RequestError(400, `more than ${piecesMax} blocks would have to be looked at in one day; add label matchers or ask for a shorter time range`, undefined, needsRoom);
      }
      queue.add({ bound: bound(min, max), block: true, exempt: exempt(block), id, stream, min, max });
    }
  }
}

/** Texts of scans that are done, for the next ones; as many as scans run at the same time in a thread. */
const idleScratches: Scratch[] = [];
const idleScratchesMax = 2;

/** Reads what a scan wants of blocks and hot rows of one day. */
class ItemReader {
  private readonly needles: Buffer[][];
  private readonly labelNeedles: Buffer[][];
  /** The needles, and with those of the label hints, as a split text is searched. */
  private readonly split: SplitNeedles;
  private readonly splitAll: SplitNeedles;
  /** What of split texts is put together. */
  private readonly wanted: PartWanted;
  /** Memory for the texts, when each is only needed until the next one. */
  private readonly scratch: Scratch | undefined;

  constructor(
    private readonly snapshot: Snapshot,
    private readonly view: DayView,
    private readonly scan: Scan,
    private readonly onDamage: (error: unknown) => void
  ) {
    this.needles = needlesOf(scan.hints);
    this.labelNeedles = needlesOf((scan.labelHints ?? []).map(({ hint }) => hint));
    const { fields } = scan.needs;
    // what hints name may stand in fields that nobody looks at
    const fieldsTell = this.needles.length === 0 && (scan.labelHints ?? []).every(({ label }) => fields?.names.has(label));
    this.wanted = { fields: fields && fieldsTell ? new WantedFields(fields) : undefined, words: wordConditions(this.needles) };
    this.split = splitNeedles(this.needles);
    this.splitAll = [...this.split, ...splitNeedles(this.labelNeedles)];
    this.scratch = scan.transient ? (idleScratches.pop() ?? new Scratch()) : undefined;
  }

  /** The entries of an item inside the view's times; a block's text is still in `texts`. Undefined when none is, or it is damaged. */
  columns(item: Item): Columns | undefined {
    const { from, to } = this.view;
    const columns = this.guarded(item, () => {
      if (!item.block) {
        return readHotRow(this.snapshot.hotData(item.id));
      }
      const head = this.blob('heads', item.id);
      noteBuffer(head.length);
      return unpackHead(head);
    });
    if (!columns || (item.min >= from && item.max < to)) {
      return columns;
    }
    // a block's text is cut when it is read
    const start = lowerBound(columns.times, from);
    const end = lowerBound(columns.times, to);
    item.firstLine = start;
    return start < end ? (item.block ? sliceHead(columns, start, end) : slice(columns, start, end)) : undefined;
  }

  chunk(item: Item): Chunk | undefined {
    const { needs } = this.scan;
    const lines = needs.text === 'lines';
    // the text first: a block without the needles needs no head
    const blockText = item.block && lines ? this.blockText(item) : undefined;
    if (item.block && lines && !blockText) {
      return undefined;
    }
    const columns = item.columns ?? this.columns(item);
    if (!columns) {
      return undefined;
    }
    const part = this.guarded(item, () => (blockText?.offsets ? partOf(columns, item.firstLine ?? 0, blockText.offsets, blockText.lines) : columns));
    if (!part) {
      return undefined;
    }
    const { count, offsets } = part;
    const first = offsets[0];
    const end = offsets[count];
    const text = blockText?.text ?? (lines ? part.text : noText);
    if (lines && (text.length < end || offsets.length !== count + 1)) {
      this.onDamage(this.damageOf(item, new Error('the text is shorter than its lines')));
      return undefined;
    }
    const { view } = this;
    const stream = typeof item.stream === 'number' ? view.connection!.stream(item.stream) : { key: item.stream, labels: labelsOfKey(item.stream) };
    return toChunk(
      {
        ...part,
        offsets: first > 0 ? offsets.map((offset) => offset - first) : offsets,
        text: lines ? text.subarray(first, end) : noText,
        metadata: needs.metadata ? part.metadata : undefined,
        metadataSets: needs.metadata ? part.metadataSets : undefined,
        levels: needs.levels ? part.levels : undefined,
      },
      view.day,
      stream.labels,
      stream.key,
      columns
    );
  }

  /** The text of a block, or what is wanted of it (`unpackPart`); undefined when a hint finds nothing in it, or it is damaged. */
  private blockText(item: Item): ReturnType<typeof unpackPart> | undefined {
    const unpacked = this.guarded(item, () => {
      const packed = this.blob('texts', item.id);
      if (!textMayHold(packed, item.exempt ? this.split : this.splitAll)) {
        return undefined;
      }
      const read = unpackPart(packed, this.wanted, this.scratch);
      noteBuffer(this.scratch ? packed.length : packed.length + read.text.length);
      return read;
    });
    if (!unpacked) {
      return undefined;
    }
    const { text } = unpacked;
    const bytes = Buffer.from(text.buffer, text.byteOffset, text.length);
    const holds = (texts: Buffer[]): boolean => texts.some((needle) => bytes.includes(needle));
    return this.needles.every(holds) && (item.exempt || this.labelNeedles.every(holds)) ? unpacked : undefined;
  }

  private blob(table: 'heads' | 'texts', id: number): Uint8Array {
    return this.view.connection!.sql<{ data: Uint8Array }>(`SELECT data FROM ${table} WHERE id = ?`).get(id)!.data;
  }

  private guarded<T>(item: Item, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.onDamage(this.damageOf(item, error));
      return undefined;
    }
  }

  private damageOf(item: Item, error: unknown): Error {
    const where = item.block ? `${this.view.connection!.file}: block ${item.id}` : `hot row ${item.id} of day ${this.view.day}`;
    return new Error(`${where} is damaged and was left out: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }

  close(): void {
    if (this.scratch && idleScratches.length < idleScratchesMax) {
      idleScratches.push(this.scratch);
    }
  }
}

/**
 * Columns of a block, of which they are the entries from `firstLine` on, as they go with a part of its text; `lines` are those it has (undefined: all). Undefined when
 * none of them is there. Throws an Error when they are other lines than those of the columns.
 */
function partOf(columns: Columns, firstLine: number, offsets: Uint32Array, lines: Uint32Array | undefined): Columns | undefined {
  if (!lines) {
    return { ...columns, offsets: offsets.subarray(firstLine, firstLine + columns.count + 1) };
  }
  const from = lines.findIndex((line) => line >= firstLine);
  const behind = lines.findIndex((line) => line >= firstLine + columns.count);
  const to = behind < 0 ? lines.length : behind;
  if (from < 0 || from >= to) {
    return undefined;
  }
  for (let i = from; i < to; i++) {
    const entry = lines[i] - firstLine;
    if (offsets[i + 1] - offsets[i] !== columns.offsets[entry + 1] - columns.offsets[entry]) {
      throw new Error('a line has another length than its head says');
    }
  }
  return pick(columns, lines.subarray(from, to).map((line) => line - firstLine), offsets.subarray(from, to + 1));
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
