import { noteYoung } from '../../../runtime/garbage';
import type { Chunk, Scan } from '../../store';
import { unpackHead } from '../format/block';
import { textMayHold, unpackPart, type PartWanted } from '../text/blockText';
import { lowerBound, pick, slice, toChunk, type Columns } from '../format/columns';
import { leftOut } from '../database';
import { WantedFields } from '../text/fieldPieces';
import { hotRowName, readHotRow } from '../format/hotRow';
import type { Rows } from '../text/joinText';
import { dayStartNs } from '../names';
import { needlesOf } from './prefilter';
import type { Item } from './scanQueue';
import type { DayView, Snapshot } from './snapshot';
import { wordConditions } from '../text/splitLines';
import { splitNeedles, type SplitNeedles } from '../text/splitSearch';
import { labelsOfKey } from '../format/streamKey';
import { Scratch } from '../format/zstd';

/** Texts of scans that are done, for the next ones; as many as scans run at the same time in a thread. */
const idleScratches: Scratch[] = [];
const idleScratchesMax = 2;

/** Reads what a scan wants of blocks and hot rows of one day. */
export class ItemReader {
  private readonly needles: Buffer[][];
  private readonly labelNeedles: Buffer[][];
  /** The needles, and with those of the label hints, as a split text is searched. */
  private readonly split: SplitNeedles;
  private readonly splitAll: SplitNeedles;
  /** What of split texts is put together. */
  private readonly wanted: PartWanted;
  /** Memory for the texts, when each is only needed until the next one. */
  private readonly scratch: Scratch | undefined;
  private readonly dayNs: bigint;
  private readonly backward: boolean;

  constructor(
    private readonly snapshot: Snapshot,
    private readonly view: DayView,
    private readonly scan: Scan,
    private readonly onDamage: (error: unknown) => void
  ) {
    this.needles = needlesOf(scan.hints);
    this.labelNeedles = needlesOf((scan.labelHints ?? []).map(({ hint }) => hint));
    this.dayNs = dayStartNs(view.day);
    this.backward = scan.direction === 'backward';
    const { fields } = scan.needs;
    // what hints name may stand in fields that nobody looks at
    const fieldsTell = this.needles.length === 0 && (scan.labelHints ?? []).every(({ label }) => fields?.names.has(label));
    this.wanted = { fields: fields && fieldsTell ? new WantedFields(fields) : undefined, conditions: wordConditions(this.needles) };
    this.split = splitNeedles(this.needles);
    this.splitAll = [...this.split, ...splitNeedles(this.labelNeedles)];
    this.scratch = scan.transient ? (idleScratches.pop() ?? new Scratch()) : undefined;
  }

  /** Whether an item is to be cut, by `columns`, before it is read: only a part of it lies in the range or is wanted. */
  mustCut(item: Item): boolean {
    return item.min < this.view.from || item.max >= this.view.to || item.linesFirst !== undefined || (item.block && this.unwanted(this.backward ? item.min : item.max));
  }

  /** The entries of an item that are to be read next; a block's text is still in `texts`. Undefined when none is, or it is damaged. */
  columns(item: Item): Columns | undefined {
    const columns = this.guarded(item, () => {
      if (!item.block) {
        return readHotRow(this.snapshot.hotData(item.id));
      }
      const head = this.blob('heads', item.id);
      noteYoung(head.length);
      return unpackHead(head);
    });
    if (!columns) {
      return undefined;
    }
    const { from, to } = this.rowsOf(item, columns);
    if (from >= to) {
      return undefined;
    }
    item.firstLine = from;
    // a block's text is cut when it is read
    return item.block ? sliceHead(columns, from, to) : slice(columns, from, to);
  }

  /** Which entries are to be read next: inside of the view's times, wanted, and the nearest of them where these may be enough. */
  private rowsOf(item: Item, { times }: Columns): Rows {
    const { from, to } = this.view;
    let start = Math.max(item.min < from ? lowerBound(times, from) : 0, item.rows?.from ?? 0);
    let end = Math.min(item.max >= to ? lowerBound(times, to) : times.length, item.rows?.to ?? times.length);
    if (item.block && start < end && this.unwanted(this.backward ? times[start] : times[end - 1])) {
      const border = firstIndex(start, end, (row) => this.unwanted(times[row]) !== this.backward);
      [start, end] = this.backward ? [border, end] : [start, border];
    }
    // an item may be cut a second time: the rest of the first time must not stay beside, or in, that of the second
    item.rest = undefined;
    const { linesFirst } = item;
    if (linesFirst === undefined || end - start <= linesFirst) {
      return { from: start, to: end };
    }
    const cut = this.backward ? end - linesFirst : start + linesFirst;
    const [near, rest] = this.backward ? [{ from: cut, to: end }, { from: start, to: cut }] : [{ from: start, to: cut }, { from: cut, to: end }];
    item.rest = { ...item, rows: rest, linesFirst: undefined, bound: this.backward ? times[cut - 1] : times[cut] };
    return near;
  }

  private unwanted(time: number): boolean {
    return this.scan.wants?.(this.dayNs + BigInt(time)) === false;
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
      const { columns, firstLine = 0 } = item;
      const rows = columns ? { from: firstLine, to: firstLine + columns.count } : item.rows;
      const read = unpackPart(packed, { ...this.wanted, rows }, this.scratch);
      noteYoung(this.scratch ? packed.length : packed.length + read.text.length);
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
    const where = item.block ? `${this.view.connection!.file}: block ${item.id}` : hotRowName(item.id, this.view.day);
    return leftOut(where, error);
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

/**
 * Columns of a block without its text: offsets keep pointing into the whole text until it is there. A small part is copied, since a thousand of them may wait and would
 * hold on to the columns of whole blocks.
 */
function sliceHead(columns: Columns, from: number, to: number): Columns {
  const copies = 2 * (to - from) < columns.count;
  const part = <T extends Float64Array | Uint32Array | Uint8Array>(list: T, end = to): T => (copies ? list.slice(from, end) : list.subarray(from, end)) as T;
  return {
    ...columns,
    count: to - from,
    times: part(columns.times),
    offsets: part(columns.offsets, to + 1),
    metadata: columns.metadata && part(columns.metadata),
    levels: columns.levels && part(columns.levels),
  };
}

const noText: Uint8Array = new Uint8Array(0);

/** The first of the numbers [from, to) for which the test holds, if it holds for all behind it as well; else `to`. */
function firstIndex(from: number, to: number, test: (number: number) => boolean): number {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (test(middle)) {
      to = middle;
    } else {
      from = middle + 1;
    }
  }
  return from;
}
