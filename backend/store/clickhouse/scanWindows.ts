import { dayStartNs } from '../sqlite/names';
import type { Scan, TimeRange } from '../store';

/** How far from the end a scan with a limit looks first. */
const firstNs = 15n * 60_000_000_000n;
/**
 * A window is at least so many times as long as the one before: a short one costs nearly as much as a long one where streams are small, since the server
 * reads whole granules (8,192 rows).
 */
const growthMin = 4;
/** Rows to look for, beside those that the limit asks for: windows differ. */
const reserve = 2;

/**
 * The windows that a scan reads, in its order, none over the end of a day: the days on which something was written, or with a limit parts of them that
 * grow as the rows found so far let expect.
 */
export class ScanWindows {
  private readonly days: TimeRange[];
  private lengthNs: bigint | undefined;

  constructor(private readonly scan: Scan, days: Iterable<number>) {
    this.days = [...new Set(days)]
      .sort((a, b) => (scan.direction === 'backward' ? b - a : a - b))
      .map((day) => ({ startNs: max(scan.startNs, dayStartNs(day)), endNs: min(scan.endNs, dayStartNs(day + 1)) }));
    this.lengthNs = scan.limitHint === undefined ? undefined : firstNs;
  }

  next(): TimeRange | undefined {
    const day = this.days[0];
    if (!day) {
      return undefined;
    }
    if (this.lengthNs === undefined || day.endNs - day.startNs <= this.lengthNs) {
      this.days.shift();
      return day;
    }
    if (this.scan.direction === 'backward') {
      const window = { startNs: day.endNs - this.lengthNs, endNs: day.endNs };
      day.endNs = window.startNs;
      return window;
    }
    const window = { startNs: day.startNs, endNs: day.startNs + this.lengthNs };
    day.startNs = window.endNs;
    return window;
  }

  /** How many rows the windows had so far: the next one is to have what is missing; whole days after nothing at all. */
  grow(rows: number): void {
    if (this.lengthNs !== undefined && this.scan.limitHint !== undefined) {
      this.lengthNs = rows === 0 ? undefined : this.lengthNs * BigInt(Math.max(growthMin, Math.ceil((reserve * this.scan.limitHint) / rows)));
    }
  }
}

export const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
