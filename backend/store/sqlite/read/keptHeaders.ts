import type { BlockHeader } from '../format/block';

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
  /** By what a connection sees of its file, in the order they were asked for; a number: there are more than so many rows. */
  private readonly tables = new Map<object, HeaderTable | number>();
  private rows = 0;

  constructor(private readonly rowsMax = rowsMaxUsual) {}

  /**
   * @param state stands for the contents of a file: another one as soon as the file changes.
   * @param read answers up to so many rows.
   * @returns undefined when the headers are better asked of the file.
   */
  of(state: object, read: (max: number) => Iterable<HeaderRow>): HeaderTable | undefined {
    const known = this.tables.get(state);
    const found = known instanceof HeaderTable ? known : this.read(state, known, read);
    this.tables.delete(state);
    this.tables.set(state, found);
    this.shrink();
    return found instanceof HeaderTable ? found : undefined;
  }

  private read(state: object, moreThan: number | undefined, read: (max: number) => Iterable<HeaderRow>): HeaderTable | number {
    const max = moreThan === undefined ? Math.min(rowsAtOnce, this.rowsMax) : this.roomFor(state);
    if (moreThan !== undefined && moreThan >= max) {
      return moreThan;
    }
    const table = new HeaderTable(read(max + 1));
    if (table.count > max) {
      return max;
    }
    this.rows += table.count;
    return table;
  }

  /** Rows that may be kept without what was asked for since the state was: else days that do not fit together would be read anew for every question about all of them. */
  private roomFor(state: object): number {
    const asked = [...this.tables];
    const since = asked.slice(asked.findIndex(([one]) => one === state) + 1);
    return since.reduce((room, [, table]) => room - rowsOf(table), this.rowsMax);
  }

  /** The file has changed, or nobody has it open any more. */
  forget(state: object): void {
    this.rows -= rowsOf(this.tables.get(state));
    this.tables.delete(state);
  }

  /** What was asked for last stays. */
  private shrink(): void {
    for (const state of this.tables.keys()) {
      if (this.rows <= this.rowsMax && this.tables.size <= statesMax) {
        return;
      }
      this.forget(state);
    }
  }
}

const rowsOf = (table: HeaderTable | number | undefined): number => (table instanceof HeaderTable ? table.count : 0);
