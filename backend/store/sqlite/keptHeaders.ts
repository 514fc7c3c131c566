import type { BlockHeader } from './block';

/** A row of `blocks`: `id, grp, stream, min, max, count, bytes`. */
export type HeaderRow = [id: number, grp: number, stream: number, min: number, max: number, count: number, bytes: number];

const width = 7;

export const headerOf = ([id, grp, stream, min, max, count, bytes]: HeaderRow): BlockHeader => ({ id, grp, stream, min, max, count, bytes });

/** What is asked of headers: a part of the day, and numbers of groups and streams that are meant, if not all are. */
export interface HeadersWanted {
  from: number;
  to: number;
  groups?: { has(group: number): boolean };
  streams?: { has(stream: number): boolean };
  passes?: (block: BlockHeader) => boolean;
}

/** Headers of all blocks of a file as one column of numbers: as objects they would take three times the room. */
export class HeaderTable {
  private readonly numbers: Float64Array;

  constructor(rows: Iterable<HeaderRow>) {
    const numbers: number[] = [];
    for (const row of rows) {
      numbers.push(...row);
    }
    this.numbers = Float64Array.from(numbers);
  }

  get count(): number {
    return this.numbers.length / width;
  }

  *find({ from, to, groups, streams, passes = () => true }: HeadersWanted): Generator<BlockHeader> {
    const { numbers } = this;
    for (let at = 0; at < numbers.length; at += width) {
      if (numbers[at + 4] >= from && numbers[at + 3] < to && (!groups || groups.has(numbers[at + 1])) && (!streams || streams.has(numbers[at + 2]))) {
        const block = {
          id: numbers[at], grp: numbers[at + 1], stream: numbers[at + 2], min: numbers[at + 3], max: numbers[at + 4], count: numbers[at + 5], bytes: numbers[at + 6],
        };
        if (passes(block)) {
          yield block;
        }
      }
    }
  }
}

/** Headers that one thread keeps, 56 bytes each: of a day of 60 million lines. */
const rowsMaxUsual = 40_000;
/** So many are read at the first question, in 3 ms; those of a larger day at the second, since it may change before. */
const rowsAtOnce = 2_000;
/** States of files that are remembered. */
const statesMax = 64;

/** Headers of blocks kept for the next question, for all connections of one thread; those that were not asked for longest go first. */
export class KeptHeaders {
  /** By what a connection sees of its file; undefined: there are many, and they were not read yet, or are too many to keep. */
  private readonly tables = new Map<object, HeaderTable | undefined>();
  private rows = 0;

  constructor(private readonly rowsMax = rowsMaxUsual) {}

  /**
   * @param state stands for the contents of a file: another one as soon as the file changes.
   * @param read answers up to so many rows.
   * @returns undefined when the headers are better asked of the file.
   */
  of(state: object, read: (max: number) => Iterable<HeaderRow>): HeaderTable | undefined {
    const known = this.tables.has(state);
    let table = this.tables.get(state);
    if (!table && !this.tooMany.has(state)) {
      const max = known ? this.rowsMax : Math.min(rowsAtOnce, this.rowsMax);
      const all = new HeaderTable(read(max + 1));
      if (all.count <= max) {
        table = all;
        this.rows += all.count;
      } else if (max === this.rowsMax) {
        this.tooMany.add(state);
      }
    }
    this.tables.delete(state);
    this.tables.set(state, table);
    this.shrink();
    return table;
  }

  private readonly tooMany = new WeakSet<object>();

  /** What was asked for last stays. */
  private shrink(): void {
    for (const [state, table] of this.tables) {
      if (this.rows <= this.rowsMax && this.tables.size <= statesMax) {
        return;
      }
      this.tables.delete(state);
      this.rows -= table?.count ?? 0;
    }
  }
}
