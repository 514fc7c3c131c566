import type { TimeRange } from '../../../store/store';

/** Nothing shorter is cut: the work in it is less than that of a thread's round trip. */
const partNsMin = 60n * 1_000_000_000n;

/** Cuts a range of time into equal parts, oldest first. */
export function cutTime({ startNs, endNs }: TimeRange, parts: number): TimeRange[] {
  const length = endNs - startNs;
  const count = length / BigInt(Math.max(1, parts)) < partNsMin ? 1n : BigInt(parts);
  return Array.from({ length: Number(count) }, (_, i) => ({
    startNs: startNs + (length * BigInt(i)) / count,
    endNs: startNs + (length * BigInt(i + 1)) / count,
  }));
}
