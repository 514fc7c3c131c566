import type { FragmentBudget } from './budget';

const firstCapacity = 16;

/** The samples of one series in columns, growing by doubling. */
export class SampleBuffer {
  count = 0;
  values = new Float64Array(firstCapacity);
  times = new Float64Array(firstCapacity);
  panes = new Uint32Array(firstCapacity);
  private sorted = true;

  constructor(private readonly budget: FragmentBudget) {
    budget.chargeCells(2 * firstCapacity);
  }

  add(pane: number, value: number, timeNs: number): void {
    const at = this.count;
    if (at === this.values.length) {
      this.grow();
    }
    if (at > 0 && timeNs < this.times[at - 1]) {
      this.sorted = false;
    }
    this.values[at] = value;
    this.times[at] = timeNs;
    this.panes[at] = pane;
    this.count++;
  }

  /** By time; equal times keep their order. */
  sort(): void {
    if (this.sorted) {
      return;
    }
    const times = this.times;
    const order = Uint32Array.from({ length: this.count }, (_, i) => i).sort((a, b) => times[a] - times[b] || a - b);
    this.values = Float64Array.from(order, (from) => this.values[from]);
    this.panes = Uint32Array.from(order, (from) => this.panes[from]);
    this.times = Float64Array.from(order, (from) => times[from]);
    this.sorted = true;
  }

  private grow(): void {
    const capacity = this.values.length * 2;
    this.budget.chargeCells(capacity);
    const [values, times, panes] = [this.values, this.times, this.panes];
    this.values = new Float64Array(capacity);
    this.values.set(values);
    this.times = new Float64Array(capacity);
    this.times.set(times);
    this.panes = new Uint32Array(capacity);
    this.panes.set(panes);
  }
}
