/** What of four bytes belongs to a run of so many, little endian. */
const restMasks = Int32Array.of(0, 0xff, 0xffff, 0xffffff);

/** Bytes behind the last run that `hashBytes` may look at. */
export const hashSlack = 3;

/** A hash of the bytes `[from, to)` of a view, which reaches `hashSlack` bytes further. Runs of up to four bytes that differ have different hashes. */
export function hashBytes(view: DataView, from: number, to: number): number {
  let hash = 0;
  let i = from | 0;
  for (const last = (to - 4) | 0; i <= last; i = (i + 4) | 0) {
    hash = Math.imul(hash ^ view.getInt32(i, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  const rest = (to - i) | 0;
  if (rest > 0) {
    hash = Math.imul(hash ^ (view.getInt32(i, true) & restMasks[rest]), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
