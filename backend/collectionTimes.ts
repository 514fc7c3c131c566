/** Share of the ceiling from which garbage is looked for. Below it V8 decides by itself, which costs a fifth less CPU. */
const watchShare = 0.75;
/** Share of the ceiling by which memory must have grown since it was lowest: where the last collection found nothing, the next would find nothing either. */
const growthShare = 0.04;
/** Share of the ceiling from which each rest is followed by a collection all the same. */
const urgentShare = 0.9;

/** Decides when a thread collects its garbage, from what it is told of the resident memory of the process. */
export class CollectionTimes {
  private lastMs = -Infinity;
  private lowestBytes = Infinity;

  /** @param restMs least time between two collections. */
  constructor(
    private readonly ceilingBytes: number,
    private readonly restMs: number
  ) {}

  /** To be asked often. @returns whether to collect now. */
  due(residentBytes: number, nowMs: number): boolean {
    const { ceilingBytes, restMs } = this;
    this.lowestBytes = Math.min(this.lowestBytes, residentBytes);
    const grown = residentBytes - this.lowestBytes > growthShare * ceilingBytes;
    if (nowMs - this.lastMs < restMs || residentBytes <= watchShare * ceilingBytes || !(grown || residentBytes > urgentShare * ceilingBytes)) {
      return false;
    }
    this.lastMs = nowMs;
    this.lowestBytes = residentBytes;
    return true;
  }
}
