import type { Columns } from './columns';
import { Heap } from './heap';
import type { Rows } from './joinText';

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

/**
 * The items of one day in the order of their bounds. Those that nobody looked at yet are columns of numbers: a day of very many streams has
 * 200,000, and as objects these would be 30 megabytes in each scan. What was looked at and has to wait comes back as an object.
 */
export class ScanQueue {
  private readonly bounds: number[] = [];
  private readonly ids: number[] = [];
  /** The number of a block's stream, or where the key of a hot row's stands in `keys`. */
  private readonly streams: number[] = [];
  private readonly keys: string[] = [];
  private readonly mins: number[] = [];
  private readonly maxs: number[] = [];
  private readonly kinds: number[] = [];
  private order: Uint32Array | undefined;
  private at = 0;
  private readonly returned: Heap<Item>;

  constructor(private readonly backward: boolean) {
    this.returned = new Heap((a, b) => this.first(a.bound, b.bound));
  }

  /** Items that were added. */
  get size(): number {
    return this.bounds.length;
  }

  /** To be called for each item before any is taken. */
  add({ bound, block, exempt, id, stream, min, max }: Pick<Item, 'bound' | 'block' | 'exempt' | 'id' | 'stream' | 'min' | 'max'>): void {
    this.bounds.push(bound);
    this.ids.push(id);
    this.streams.push(typeof stream === 'number' ? stream : this.keys.push(stream) - 1);
    this.mins.push(min);
    this.maxs.push(max);
    this.kinds.push((block ? isBlock : 0) | (exempt ? isExempt : 0));
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
    const order = this.sorted();
    return this.at < order.length ? this.bounds[order[this.at]] : this.backward ? -Infinity : Infinity;
  }

  private take(): Item | undefined {
    const order = this.sorted();
    if (this.at >= order.length) {
      return undefined;
    }
    const row = order[this.at++];
    const block = (this.kinds[row] & isBlock) !== 0;
    return {
      bound: this.bounds[row],
      block,
      exempt: (this.kinds[row] & isExempt) !== 0,
      id: this.ids[row],
      stream: block ? this.streams[row] : this.keys[this.streams[row]],
      min: this.mins[row],
      max: this.maxs[row],
    };
  }

  private sorted(): Uint32Array {
    if (!this.order) {
      const { bounds, backward } = this;
      this.order = Uint32Array.from(bounds, (_, row) => row).sort(backward ? (a, b) => bounds[b] - bounds[a] : (a, b) => bounds[a] - bounds[b]);
    }
    return this.order;
  }
}
