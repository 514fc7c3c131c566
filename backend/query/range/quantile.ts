import type { Panes } from './panes';
import type { SampleBuffer } from './sampleBuffer';

/**
 * Quantiles of every window, exact: linear interpolation between the two samples around rank q * (n - 1); below 0 -Inf, above 1
 * +Inf (Loki, pkg/logql/range_vector.go). `buffer` is sorted by pane, and is used up.
 */
export function slideQuantile(q: number, buffer: SampleBuffer, panes: Panes, values: Float64Array, present: Uint8Array): void {
  if (panes.steps === 1 || panes.end(0) <= panes.start(1)) {
    separateQuantiles(q, buffer, panes, values, present);
  } else {
    overlappingQuantiles(q, buffer, panes, values, present);
  }
}

/** Windows that share no sample: each is sorted where it lies. */
function separateQuantiles(q: number, buffer: SampleBuffer, panes: Panes, values: Float64Array, present: Uint8Array): void {
  let from = 0;
  for (let step = 0; step < panes.steps; step++) {
    while (from < buffer.count && buffer.panes[from] < panes.start(step)) {
      from++;
    }
    let to = from;
    while (to < buffer.count && buffer.panes[to] < panes.end(step)) {
      to++;
    }
    const sorted = sortNaNFirst(buffer.values.subarray(from, to));
    present[step] = to > from ? 1 : 0;
    values[step] = to > from ? quantileOf(q, to - from, (rank) => sorted[rank]) : 0;
    from = to;
  }
}

/**
 * The samples of the window are held as counts by rank in a Fenwick tree, so a sample costs O(log n) to enter and to leave and
 * a step O(log n) to answer, however much the windows overlap.
 */
function overlappingQuantiles(q: number, buffer: SampleBuffer, panes: Panes, values: Float64Array, present: Uint8Array): void {
  const { count } = buffer;
  const sorted = sortNaNFirst(buffer.values.slice(0, count));
  const ranks = rankSamples(buffer, sorted);
  const tree = new RankTree(count);
  let entered = 0;
  let left = 0;
  for (let step = 0; step < panes.steps; step++) {
    const start = panes.start(step);
    const end = panes.end(step);
    for (; entered < count && buffer.panes[entered] < end; entered++) {
      tree.add(ranks[entered], 1);
    }
    for (; left < entered && buffer.panes[left] < start; left++) {
      tree.add(ranks[left], -1);
    }
    const size = entered - left;
    present[step] = size > 0 ? 1 : 0;
    values[step] = size > 0 ? quantileOf(q, size, (rank) => sorted[tree.find(rank)]) : 0;
  }
}

/** `at(i)` is the i-th smallest of `size` samples. */
export function quantileOf(q: number, size: number, at: (rank: number) => number): number {
  if (q < 0) {
    return -Infinity;
  }
  if (q > 1) {
    return Infinity;
  }
  const rank = q * (size - 1);
  const lower = Math.floor(rank);
  const upper = Math.min(size - 1, lower + 1);
  const weight = rank - lower;
  return at(lower) * (1 - weight) + at(upper) * weight;
}

/** Sorts in place: ascending, with NaN before everything, as Loki's comparison puts it. */
function sortNaNFirst(samples: Float64Array): Float64Array {
  const sorted = samples.sort(); // typed arrays sort NaN to the end
  let numbers = sorted.length;
  while (numbers > 0 && Number.isNaN(sorted[numbers - 1])) {
    numbers--;
  }
  if (numbers < sorted.length) {
    sorted.copyWithin(sorted.length - numbers, 0, numbers);
    sorted.fill(NaN, 0, sorted.length - numbers);
  }
  return sorted;
}

/** For each sample a position of its value in `sorted`; equal values share the first one. */
function rankSamples(buffer: SampleBuffer, sorted: Float64Array): Uint32Array {
  const ranks = new Uint32Array(buffer.count);
  for (let i = 0; i < buffer.count; i++) {
    const value = buffer.values[i];
    let low = 0;
    let high = buffer.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle] < value || (Number.isNaN(sorted[middle]) && !Number.isNaN(value))) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    ranks[i] = low;
  }
  return ranks;
}

/** Fenwick tree over ranks: how many samples of each are in the window. */
class RankTree {
  private readonly sums: Int32Array;
  private readonly top: number;

  constructor(private readonly size: number) {
    this.sums = new Int32Array(size + 1);
    this.top = 2 ** Math.floor(Math.log2(Math.max(1, size)));
  }

  add(rank: number, by: number): void {
    for (let i = rank + 1; i <= this.size; i += i & -i) {
      this.sums[i] += by;
    }
  }

  /** The rank of the sample at `position` (from 0) among those in the window. */
  find(position: number): number {
    let at = 0;
    let rest = position;
    for (let jump = this.top; jump > 0; jump >>>= 1) {
      if (at + jump <= this.size && this.sums[at + jump] <= rest) {
        at += jump;
        rest -= this.sums[at];
      }
    }
    return at;
  }
}
