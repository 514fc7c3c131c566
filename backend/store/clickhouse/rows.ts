import type { Labels } from '../../model/labels';
import { makeLabels } from '../../model/labels';
import type { Columns } from '../sqlite/format/columns';
import { dayStartNs } from '../sqlite/names';
import type { Scan } from '../store';
import { readRows } from './client';
import { RowReader } from './rowBinary';

/** Rows of `entries` as they come, and as columns by stream. */

export type Needs = Scan['needs'] & {
  /** The digest that tells equal rows, for deletes. */
  digests?: boolean;
};

/** What is selected for the needs, in the order in which `EntryRows` reads it. */
export function entryColumns({ text, metadata, levels, digests }: Needs): string {
  return [
    'stream_id, ts, arrival, repeat',
    ...(levels ? ['level'] : []),
    ...(metadata ? ['meta_k, meta_v'] : []),
    text === 'lines' ? 'line' : 'length(line)',
    ...(text !== 'lines' || digests ? ['sipHash64(line)'] : []),
  ].join(', ');
}

/** Rows of one stream, in the order in which they came. */
interface StreamRows {
  times: number[];
  arrivals: number[];
  repeats: bigint[];
  starts: number[];
  lengths: number[];
  levels: number[];
  metadata: number[];
  digests: bigint[];
}

export interface StreamColumns {
  id: bigint;
  columns: Columns;
  /** With `needs.digests`, by entry. */
  digests: bigint[];
  repeats: bigint[];
}

/** The entries of answers, all of one day. */
export class EntryRows {
  readonly count: number;
  private readonly streams = new Map<bigint, StreamRows>();
  /** Metadata sets by their bytes; 0 is the empty one. */
  private readonly setNumbers = new Map<string, number>([['\0\0', 0]]);
  private readonly sets: Labels[] = [new Map()];
  private readonly baseNs: bigint;

  private readonly answer: Buffer;

  constructor(
    answers: Buffer[],
    private readonly needs: Needs,
    day: number
  ) {
    this.baseNs = dayStartNs(day);
    this.answer = answers.length === 1 ? answers[0] : Buffer.concat(answers);
    let lastId = -1n;
    let rows: StreamRows | undefined;
    let count = 0;
    let at = 0;
    for (const { length } of answers) {
      // each for itself: one that broke off must not run into the next
      const from = at;
      at += length;
      readRows(this.answer.subarray(from, at), (reader) => {
        const id = reader.u64();
        if (id !== lastId || !rows) {
          rows = this.of(id);
          lastId = id;
        }
        this.read(reader, rows, from);
        count++;
      });
    }
    this.count = count;
  }

  private of(id: bigint): StreamRows {
    let rows = this.streams.get(id);
    if (!rows) {
      rows = { times: [], arrivals: [], repeats: [], starts: [], lengths: [], levels: [], metadata: [], digests: [] };
      this.streams.set(id, rows);
    }
    return rows;
  }

  private read(reader: RowReader, rows: StreamRows, from: number): void {
    const { text, metadata, levels, digests } = this.needs;
    rows.times.push(Number(reader.i64() - this.baseNs));
    rows.arrivals.push(reader.count());
    rows.repeats.push(reader.u64());
    if (levels) {
      rows.levels.push(reader.u8());
    }
    if (metadata) {
      rows.metadata.push(this.readSet(reader));
    }
    if (text === 'lines') {
      const length = reader.skipText();
      rows.starts.push(from + reader.at - length);
      rows.lengths.push(length);
    } else {
      rows.lengths.push(reader.count());
    }
    if (text !== 'lines' || digests) {
      rows.digests.push(reader.u64());
    }
  }

  private readSet(reader: RowReader): number {
    const from = reader.at;
    reader.skipTexts();
    reader.skipTexts();
    const bytes = reader.buffer.toString('latin1', from, reader.at);
    let number = this.setNumbers.get(bytes);
    if (number === undefined) {
      const again = new RowReader(reader.buffer);
      again.at = from;
      const names = again.texts();
      const values = again.texts();
      number = this.sets.push(makeLabels(names.map((name, i) => [name, values[i]]))) - 1;
      this.setNumbers.set(bytes, number);
    }
    return number;
  }

  /** The time of a row by its place in the order of time, newest or oldest first; 0 is the first. */
  timeOf(place: number, newestFirst: boolean): bigint {
    const times = Float64Array.from([...this.streams.values()].flatMap(({ times: own }) => own)).sort();
    return this.baseNs + BigInt(times[newestFirst ? times.length - 1 - place : place]);
  }

  /** Entries by stream, ascending by time, equal times in order of arrival, each once. Streams and times that are not wanted are left out. */
  columns(wanted: (id: bigint) => boolean = () => true, inTime?: (ns: bigint) => boolean): StreamColumns[] {
    const result: StreamColumns[] = [];
    for (const [id, rows] of this.streams) {
      const order = wanted(id) ? this.order(rows).filter((i) => !inTime || inTime(this.baseNs + BigInt(rows.times[i]))) : [];
      if (order.length > 0) {
        result.push({ id, columns: this.gather(rows, order), digests: order.map((i) => rows.digests[i]), repeats: order.map((i) => rows.repeats[i]) });
      }
    }
    return result;
  }

  /** Indexes in order, without rows that say the same as an earlier one: a retried insert may have left them until the next merge. */
  private order(rows: StreamRows): number[] {
    const { times, arrivals } = rows;
    const order = Array.from({ length: times.length }, (_, i) => i);
    order.sort((a, b) => times[a] - times[b] || arrivals[a] - arrivals[b] || a - b);
    const kept: number[] = [];
    let run = new Set<string>();
    order.forEach((i, k) => {
      const likeLast = k > 0 && times[order[k - 1]] === times[i];
      const likeNext = k + 1 < order.length && times[order[k + 1]] === times[i];
      if (!likeLast) {
        run = new Set();
      }
      if (likeLast || likeNext) {
        const name = this.identity(rows, i);
        if (run.has(name)) {
          return;
        }
        run.add(name);
      }
      kept.push(i);
    });
    return kept;
  }

  private identity(rows: StreamRows, i: number): string {
    const line = this.needs.text === 'lines' ? this.answer.toString('latin1', rows.starts[i], rows.starts[i] + rows.lengths[i]) : rows.digests[i];
    return `${rows.repeats[i]} ${line}`;
  }

  private gather(rows: StreamRows, order: number[]): Columns {
    const { needs, answer, sets } = this;
    const count = order.length;
    const offsets = new Uint32Array(count + 1);
    order.forEach((i, k) => (offsets[k + 1] = offsets[k] + rows.lengths[i]));
    const text = needs.text === 'lines' ? Buffer.allocUnsafe(offsets[count]) : new Uint8Array(0);
    if (needs.text === 'lines') {
      order.forEach((i, k) => answer.copy(text, offsets[k], rows.starts[i], rows.starts[i] + rows.lengths[i]));
    }
    const columns: Columns = { count, offsets, text, times: Float64Array.from(order, (i) => rows.times[i]) };
    if (needs.levels && order.some((i) => rows.levels[i] !== 0)) {
      columns.levels = Uint8Array.from(order, (i) => rows.levels[i]);
    }
    if (needs.metadata && order.some((i) => rows.metadata[i] !== 0)) {
      const own = new Map<number, number>([[0, 0]]);
      columns.metadata = Uint32Array.from(order, (i) => {
        const number = own.get(rows.metadata[i]) ?? own.size;
        own.set(rows.metadata[i], number);
        return number;
      });
      columns.metadataSets = [...own.keys()].map((number) => sets[number]);
    }
    return columns;
  }
}
