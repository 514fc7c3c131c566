/** Share of the ceiling from which garbage is looked for. Below it V8 decides by itself, which costs a fifth less CPU. */
const watchShare = 0.75;
/** Share of the ceiling by which memory must have grown since it was lowest: where the last collection found nothing, the next would find nothing either. */
const growthShare = 0.04;
/** Share of the ceiling from which each rest is followed by a collection all the same. */
const urgentShare = 0.9;
/** The same for a process that has little to do: then a collection holds nobody up, and the machine gets back what a burst has left. */
const growthShareAtRest = 0.125;
/** Lengths of a collection that a thread works before the next: memory that lives is looked through in vain each time, and somebody waits for an answer. */
const workPerCollection = 8;

/** Decides when a thread collects its garbage, from what it is told of the resident memory of the process. */
export class CollectionTimes {
  private nextMs = -Infinity;
  private lowestBytes = Infinity;

  /** @param restMs least time from one collection to the next. */
  constructor(
    private readonly ceilingBytes: number,
    private readonly restMs: number
  ) {}

  /** To be asked often. @param atRest whether the process has little to do. @returns whether to collect now. */
  due(residentBytes: number, nowMs: number, atRest = false): boolean {
    const { ceilingBytes, restMs } = this;
    this.lowestBytes = Math.min(this.lowestBytes, residentBytes);
    const grownShare = (residentBytes - this.lowestBytes) / ceilingBytes;
    const residentShare = residentBytes / ceilingBytes;
    const near = residentShare > watchShare && (grownShare > growthShare || residentShare > urgentShare);
    if (nowMs < this.nextMs || !(near || (atRest && grownShare > growthShareAtRest))) {
      return false;
    }
    this.nextMs = nowMs + restMs;
    this.lowestBytes = residentBytes;
    return true;
  }

  /** Collects when it is due, and minds how long that took. */
  look(collect: () => void, atRest = false): void {
    const nowMs = performance.now();
    if (this.due(process.memoryUsage.rss(), nowMs, atRest)) {
      collect();
      this.took(nowMs, performance.now());
    }
  }

  /** To be told how long a collection took. */
  took(fromMs: number, toMs: number): void {
    this.nextMs = Math.max(this.nextMs, toMs + workPerCollection * (toMs - fromMs));
  }
}
