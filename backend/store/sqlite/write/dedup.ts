import { lowerBound, type Columns } from '../format/columns';

/**
 * Marks (0) the entries of `row` that are there already: in one of `others`, or earlier in the row itself. Undefined when all are
 * new. Both sides ascend by time, so equal times are found by stepping.
 */
export function keepNew(row: Columns, others: Columns[]): Uint8Array | undefined {
  const keep = new Uint8Array(row.count).fill(1);
  let repeats = markOwn(row, keep);
  for (const other of others) {
    repeats += markOther(row, other, keep);
  }
  return repeats > 0 ? keep : undefined;
}

function lineOf(columns: Columns, i: number): Buffer {
  const { text, offsets } = columns;
  return Buffer.from(text.buffer, text.byteOffset + offsets[i], offsets[i + 1] - offsets[i]);
}

function sameLine(a: Columns, i: number, b: Columns, j: number): boolean {
  return a.offsets[i + 1] - a.offsets[i] === b.offsets[j + 1] - b.offsets[j] && lineOf(a, i).equals(lineOf(b, j));
}

/** Runs of one time longer than this are compared through a set of their lines instead of each with each. */
const runLong = 16;

function markOwn(row: Columns, keep: Uint8Array): number {
  let repeats = 0;
  let from = 0;
  for (let i = 1; i <= row.count; i++) {
    if (i < row.count && row.times[i] === row.times[from]) {
      continue;
    }
    if (i - from > 1) {
      repeats += markRun(row, from, i, keep);
    }
    from = i;
  }
  return repeats;
}

function markRun(row: Columns, from: number, to: number, keep: Uint8Array): number {
  let repeats = 0;
  if (to - from > runLong) {
    const lines = new Set<string>();
    for (let i = from; i < to; i++) {
      const line = lineOf(row, i).toString('latin1');
      if (lines.has(line)) {
        keep[i] = 0;
        repeats++;
      }
      lines.add(line);
    }
    return repeats;
  }
  for (let i = from + 1; i < to; i++) {
    for (let j = from; j < i; j++) {
      if (sameLine(row, i, row, j)) {
        keep[i] = 0;
        repeats++;
        break;
      }
    }
  }
  return repeats;
}

function markOther(row: Columns, other: Columns, keep: Uint8Array): number {
  let repeats = 0;
  let j = lowerBound(other.times, row.times[0]);
  let i = lowerBound(row.times, other.times[j] ?? Infinity);
  while (i < row.count && j < other.count) {
    const time = row.times[i];
    if (other.times[j] < time) {
      j++;
    } else if (other.times[j] > time) {
      i++;
    } else {
      const jEnd = runEnd(other, j);
      const iEnd = runEnd(row, i);
      repeats += markPair(row, i, iEnd, other, j, jEnd, keep);
      i = iEnd;
      j = jEnd;
    }
  }
  return repeats;
}

function runEnd(columns: Columns, from: number): number {
  let end = from + 1;
  while (end < columns.count && columns.times[end] === columns.times[from]) {
    end++;
  }
  return end;
}

function markPair(row: Columns, i: number, iEnd: number, other: Columns, j: number, jEnd: number, keep: Uint8Array): number {
  let repeats = 0;
  const long = jEnd - j > runLong;
  const lines = long ? new Set(Array.from({ length: jEnd - j }, (_, k) => lineOf(other, j + k).toString('latin1'))) : undefined;
  for (; i < iEnd; i++) {
    if (keep[i] === 0) {
      continue;
    }
    let found = lines?.has(lineOf(row, i).toString('latin1')) ?? false;
    for (let k = j; !long && !found && k < jEnd; k++) {
      found = sameLine(row, i, other, k);
    }
    if (found) {
      keep[i] = 0;
      repeats++;
    }
  }
  return repeats;
}
