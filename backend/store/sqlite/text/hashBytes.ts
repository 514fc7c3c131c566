/** Bytes behind the last run that `hashBytes` may look at. */
export const hashSlack = 3;

/** A hash, and four bytes more. */
export function mixed(hash: number, four: number): number {
  const product = Math.imul(hash ^ four, 0x9e3779b1);
  return product ^ (product >>> 15);
}

/**
 * A hash of the bytes `[from, to)` of a view, which reaches `hashSlack` bytes further. Runs of up to four bytes of one length that differ have
 * different hashes; zeros at the end change nothing.
 */
export function hashBytes(view: DataView, from: number, to: number): number {
  let hash = 0;
  let i = from | 0;
  for (const last = (to - 4) | 0; i <= last; i = (i + 4) | 0) {
    hash = mixed(hash, view.getInt32(i, true));
  }
  const rest = (to - i) | 0;
  return rest > 0 ? mixed(hash, view.getInt32(i, true) & ((1 << (8 * rest)) - 1)) : hash;
}
