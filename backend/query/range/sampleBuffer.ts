import type { FragmentBudget } from '../budget';

const firstCapacity = 16;

/** The samples of one series in columns, growing by half. With `times` they can be put in order of time, else only by pane. */
export class SampleBuffer {
  count = 0;
  values = new Float64Array(firstCapacity);
  panes = new Uint32Array(firstCapacity);
  times: Float64Array;
  private sorted = true;

  constructor(
    private readonly budget: FragmentBudget,
    private readonly timed: boolean
  ) {
    this.times = new Float64Array(timed ? firstCapacity : 0);
    budget.chargeCells(this.cells(firstCapacity));
  }

  add(pane: number, value: number, timeNs: number): void {
    const at = this.count;
    if (at === this.values.length) {
      this.grow();
    }
    if (at > 0 && (this.timed ? timeNs < this.times[at - 1] : pane < this.panes[at - 1])) {
      this.sorted = false;
    }
    this.values[at] = value;
    this.panes[at] = pane;
    if (this.timed) {
      this.times[at] = timeNs;
    }
    this.count++;
  }

  /** By time, or by pane; equal ones keep their order. `paneCount` is above every pane. */
  sort(paneCount: number): void {
    if (!this.sorted) {
      const order = this.timed ? orderByTime(this.times, this.count) : orderByPane(this.panes, this.count, paneCount);
      this.values = pick(this.values, order, new Float64Array(this.count));
      this.panes = pick(this.panes, order, new Uint32Array(this.count));
      this.times = this.timed ? pick(this.times, order, new Float64Array(this.count)) : this.times;
      this.sorted = true;
    }
  }

  private grow(): void {
    const capacity = Math.ceil(this.values.length * 1.5);
    this.budget.chargeCells(this.cells(capacity) - this.cells(this.values.length));
    const { values, panes, times } = this;
    this.values = new Float64Array(capacity);
    this.values.set(values);
    this.panes = new Uint32Array(capacity);
    this.panes.set(panes);
    if (this.timed) {
      this.times = new Float64Array(capacity);
      this.times.set(times);
    }
  }

  private cells(capacity: number): number {
    return capacity * (this.timed ? 2.5 : 1.5);
  }
}

/** A plain loop: `from` with a callback costs fifty times as much. */
function pick<Column extends Float64Array | Uint32Array>(from: Column, order: Uint32Array, into: Column): Column {
  for (let i = 0; i < order.length; i++) {
    into[i] = from[order[i]];
  }
  return into;
}

function orderByTime(times: Float64Array, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => times[a] - times[b] || a - b);
}

/** Counting sort: linear, since panes are few. */
function orderByPane(panes: Uint32Array, count: number, paneCount: number): Uint32Array {
  const next = new Uint32Array(paneCount + 1);
  for (let i = 0; i < count; i++) {
    next[panes[i] + 1]++;
  }
  for (let pane = 1; pane <= paneCount; pane++) {
    next[pane] += next[pane - 1];
  }
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    order[next[panes[i]]++] = i;
  }
  return order;
}
