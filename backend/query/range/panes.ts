/**
 * The windows of a range aggregation, cut into panes so that each sample is counted once and each window is a run of panes.
 * Window `s` covers `(t(s) - range, t(s)]` with `t(s) = firstNs + s * stepNs`. Between two steps there is one pane when the range is a
 * multiple of the step and two when it is not. Panes that lie in every window are one pane, so that their number is at
 * most 4 x steps, however long the range.
 */
export class Panes {
  /** Number of panes. */
  readonly count: number;
  private readonly step: number;
  private readonly perStep: 1 | 2;
  /** Part of a step behind which the second pane begins. */
  private readonly border: number;
  /** Panes of a window, before and after those in all windows became one. */
  private readonly width: number;
  private readonly widthMerged: number;
  private readonly mergedFrom: number;

  /** `rangeNs` is a whole number above 0 and below 2^53, `steps` above 0. */
  constructor(
    readonly firstNs: bigint,
    readonly stepNs: bigint,
    readonly steps: number,
    rangeNs: number
  ) {
    this.step = Number(stepNs);
    const whole = Math.floor(rangeNs / this.step);
    const rest = rangeNs - whole * this.step;
    this.perStep = rest === 0 ? 1 : 2;
    this.border = this.step - rest;
    this.width = rest === 0 ? whole : 2 * whole + 1;
    this.mergedFrom = this.perStep * (steps - 1);
    this.widthMerged = Math.min(this.width, this.mergedFrom + 1);
    this.count = this.mergedFrom + this.widthMerged;
  }

  /** Whether each window is one pane, as in most volumes: nothing has to be combined then. */
  get single(): boolean {
    return this.widthMerged === 1;
  }

  /** First pane of window `step`. */
  start(step: number): number {
    return this.perStep * step;
  }

  /** The pane behind the last one of window `step`. */
  end(step: number): number {
    return this.perStep * step + this.widthMerged;
  }

  /**
   * A function from nanoseconds after `baseNs` to the pane, or -1 for a time outside all windows. Exact to the nanosecond
   * while base and offset stay below 2^53 apart: the big numbers are divided once, here.
   */
  locator(baseNs: bigint): (offset: number) => number {
    const { step, perStep, border, width, widthMerged, mergedFrom } = this;
    const sinceFirst = baseNs - this.firstNs;
    let stepsBefore = sinceFirst / this.stepNs;
    if (sinceFirst < 0n && stepsBefore * this.stepNs !== sinceFirst) {
      stepsBefore -= 1n;
    }
    const rest = Number(sinceFirst - stepsBefore * this.stepNs);
    const stepIndex = Number(stepsBefore);
    const total = mergedFrom + width;
    return (offset) => {
      const since = rest + offset;
      // since lies in (k * step, (k + 1) * step]; the division may round, the corrections make it exact.
      let k = Math.ceil(since / step) - 1;
      let inStep = since - k * step;
      if (inStep <= 0) {
        k--;
        inStep += step;
      } else if (inStep > step) {
        k++;
        inStep -= step;
      }
      const second = perStep === 2 && inStep > border ? 1 : 0;
      const pane = perStep * (stepIndex + k) + second + width;
      if (pane < 0 || pane >= total) {
        return -1;
      }
      if (width === 1 && perStep === 2 && (pane & 1) === 1) {
        return -1; // the range is shorter than the step: between two windows
      }
      if (pane < mergedFrom) {
        return pane;
      }
      return pane < width ? mergedFrom : pane - (width - widthMerged);
    };
  }

  /**
   * Combines the panes of each window. `combine` must be associative; panes come in order of time. Two running aggregates
   * (a suffix of the older panes, a prefix of the newer ones) make it three calls for each pane, however long the windows.
   */
  slide<T>(cell: (pane: number) => T, combine: (older: T, newer: T) => T, empty: T, emit: (step: number, value: T) => void): void {
    const suffix: T[] = new Array<T>(this.count).fill(empty);
    let olderEnd = 0;
    let newer = empty;
    let reached = 0;
    for (let step = 0; step < this.steps; step++) {
      const start = this.start(step);
      const end = this.end(step);
      if (start > reached) {
        reached = start;
        olderEnd = start;
        newer = empty;
      }
      for (; reached < end; reached++) {
        newer = combine(newer, cell(reached));
      }
      if (start >= olderEnd) {
        let sum = empty;
        for (let pane = reached - 1; pane >= start; pane--) {
          sum = combine(cell(pane), sum);
          suffix[pane] = sum;
        }
        olderEnd = reached;
        newer = empty;
      }
      emit(step, start < olderEnd ? combine(suffix[start], newer) : newer);
    }
  }
}
