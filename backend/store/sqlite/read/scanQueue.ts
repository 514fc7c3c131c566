import { noteYoung } from '../../../runtime/garbage';
import type { Columns } from '../format/columns';
import { Heap } from './heap';
import type { Rows } from '../text/joinText';

/** Something a scan will read: a block or a hot row, ordered by a bound on the first time it can give. */
export interface Item {
  /** Backward: no entry of it is younger. Forward: none is older. Exact when all of it lies in the range, or once `columns` is set. */
  bound: number;
  block: boolean;
  /** Label hints say nothing of its lines. */
  exempt: boolean;
  id: number;
  stream: number | string;
  min: number;
  max: number;
  /** Of a block, only these lines: the others were read before. */
  rows?: Rows;
  /** Of a block, so many nearest lines may be enough. */
  linesFirst?: number;
  columns?: Columns;
  /** Which line of a block the first entry of `columns` has. */
  firstLine?: number;
  /** What is left once `columns` are read, of a block of which the nearest lines may be enough. */
  rest?: Item;
}

const isBlock = 1;
const isExempt = 2;

const rowsFirst = 64;
/** Numbers of a row: id, stream (the number of a block's, or where the key of a hot row's stands in `keys`), min, max, kind. */
const width = 5;

/**
 * The items of one day in the order of their bounds. Those that nobody looked at yet are rows of numbers: a day of very many streams has
 * 200,000, and as objects these would be 30 megabytes in each scan. They are a heap, not sorted: a scan that wants few lines takes few of many.
 * What was looked at and has to wait comes back as an object.
 */
export class ScanQueue {
  private rows = new Float64Array(rowsFirst * width);
  private readonly keys: string[] = [];
  private count = 0;
  private waiting: Heap<number> | undefined;
  private readonly returned: Heap<Item>;

  /** @param from @param to the part of the day, [from, to), that the scan is about. */
  constructor(
    private readonly backward: boolean,
    private readonly from: number,
    private readonly to: number
  ) {
    this.returned = new Heap((a, b) => this.first(a.bound, b.bound));
  }

  /** Items that were added. */
  get size(): number {
    return this.count;
  }

  /** To be called for each item before any is taken. */
  add({ block, exempt, id, stream, min, max }: Pick<Item, 'block' | 'exempt' | 'id' | 'stream' | 'min' | 'max'>): void {
    const at = this.count++ * width;
    if (at === this.rows.length) {
      this.grow();
    }
    const { rows } = this;
    rows[at] = id;
    rows[at + 1] = typeof stream === 'number' ? stream : this.keys.push(stream) - 1;
    rows[at + 2] = min;
    rows[at + 3] = max;
    rows[at + 4] = (block ? isBlock : 0) | (exempt ? isExempt : 0);
  }

  private grow(): void {
    const grown = new Float64Array(2 * this.rows.length);
    grown.set(this.rows);
    noteYoung(this.rows.byteLength);
    this.rows = grown;
  }

  /** Takes the item that comes first. */
  pop(): Item | undefined {
    const returned = this.returned.peek();
    return returned && !this.first(this.nextBound(), returned.bound) ? this.returned.pop() : this.take();
  }

  /** Whether one that waits comes before this bound. */
  hasBefore(bound: number): boolean {
    const returned = this.returned.peek();
    return this.first(this.nextBound(), bound) || (returned !== undefined && this.first(returned.bound, bound));
  }

  /** Puts an item back whose bound is another now. */
  giveBack(item: Item): void {
    this.returned.push(item);
  }

  /** How many have come back and wait. */
  get givenBack(): number {
    return this.returned.size;
  }

  private first(bound: number, other: number): boolean {
    return this.backward ? bound > other : bound < other;
  }

  /** Of those that nobody looked at; behind everything when there is none. */
  private nextBound(): number {
    const row = this.unseen().peek();
    return row !== undefined ? this.boundOf(row) : this.backward ? -Infinity : Infinity;
  }

  private take(): Item | undefined {
    const row = this.unseen().pop();
    if (row === undefined) {
      return undefined;
    }
    const { rows, keys } = this;
    const at = row * width;
    const stream = rows[at + 1];
    const block = (rows[at + 4] & isBlock) !== 0;
    const exempt = (rows[at + 4] & isExempt) !== 0;
    return { bound: this.boundOf(row), block, exempt, id: rows[at], stream: block ? stream : keys[stream], min: rows[at + 2], max: rows[at + 3] };
  }

  private boundOf(row: number): number {
    return this.backward ? Math.min(this.rows[row * width + 3], this.to - 1) : Math.max(this.rows[row * width + 2], this.from);
  }

  /** Rows of those that nobody looked at; of equal bounds the one that was added first. */
  private unseen(): Heap<number> {
    this.waiting ??= new Heap<number>(
      (a, b) => {
        const [bound, other] = [this.boundOf(a), this.boundOf(b)];
        return bound === other ? a < b : this.first(bound, other);
      },
      Array.from({ length: this.count }, (_, row) => row)
    );
    return this.waiting;
  }
}
