/** When hot rows become blocks. Tests make it soon, to meet crashes in the middle. */
export interface SealPolicy {
  /** Text in hot rows above which they are sealed: what a search must read without an index. */
  hotBytesMax: number;
  /** Rows above which they are sealed, however small: a scan looks at each. */
  hotRowsMax: number;
  /** Rows above which they are sealed when streams have `hotRowsEach` of them on average: a block takes the place of so many rows, which a scan reads one by one. */
  hotRowsMin: number;
  hotRowsEach: number;
  /** Hot rows of a stream that no longer grows are sealed after this. */
  hotAgeMs: number;
  /** Least time between two looks for small blocks to merge. */
  mergeEveryMs: number;
  /** A day that took nothing for so long is compressed again, harder, and its files are tidied. */
  denseAfterMs: number;
  /** With no push for so long there is time to do all this now: logs often come in one go (an import, a day's archive). */
  quietAfterMs: number;
}

export const sealPolicy: SealPolicy = {
  hotBytesMax: 8 * 1024 * 1024,
  hotRowsMax: 20_000,
  hotRowsMin: 4_000,
  hotRowsEach: 20,
  hotAgeMs: 10 * 60_000,
  mergeEveryMs: 10_000,
  denseAfterMs: 30 * 60_000,
  quietAfterMs: 15_000,
};
