import type { Chunk } from '../../store/store';
import type { FragmentBudget } from '../budget';
import type { LogFragment } from '../fragment';

interface Cursor {
  chunk: Chunk;
  at: number;
}

/**
 * The entries of several scans one by one in exact order of time. Each scan yields chunks by their newest (oldest) entry, so an
 * entry is next when it is not behind the first entry of any chunk to come; only overlapping chunks are held.
 */
export async function* mergeByTime(scans: Array<AsyncGenerator<Chunk>>, direction: LogFragment['direction'], budget: FragmentBudget): AsyncGenerator<Cursor> {
  const sign = direction === 'forward' ? 1n : -1n;
  const open: Cursor[] = [];
  const coming = await Promise.all(scans.map(async (chunks) => ({ chunks, next: await chunks.next() })));
  try {
    for (;;) {
      let first = firstOf(open, sign);
      for (const scan of coming) {
        while (!scan.next.done && (!first || sign * nearest(scan.next.value, direction) < sign * timeOf(first))) {
          const chunk = scan.next.value;
          budget.chargeCells(chunkCells(chunk));
          open.push({ chunk, at: direction === 'forward' ? 0 : chunk.count - 1 });
          first = firstOf(open, sign);
          scan.next = await scan.chunks.next();
        }
      }
      if (!first) {
        return;
      }
      yield first;
      first.at += Number(sign);
      if (first.at < 0 || first.at >= first.chunk.count) {
        budget.chargeCells(-chunkCells(first.chunk));
        open.splice(open.indexOf(first), 1);
      }
    }
  } finally {
    await Promise.all(scans.map((chunks) => chunks.return(undefined)));
  }
}

const timeOf = ({ chunk, at }: Cursor): bigint => chunk.baseNs + BigInt(chunk.times[at]);
const nearest = (chunk: Chunk, direction: LogFragment['direction']): bigint => (direction === 'forward' ? chunk.minNs : chunk.maxNs);
const chunkCells = (chunk: Chunk): number => chunk.count * 2 + chunk.text.length / 8;

function firstOf(open: Cursor[], sign: bigint): Cursor | undefined {
  let first: Cursor | undefined;
  for (const cursor of open) {
    if (!first || sign * timeOf(cursor) < sign * timeOf(first)) {
      first = cursor;
    }
  }
  return first;
}
