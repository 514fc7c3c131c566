/** What somebody meant who mistyped a name. */

/** Longest word that is compared; longer ones are no names somebody types. */
const lengthMax = 64;

/** The candidate that is one slip away from the word (two from a long one); undefined when there is none. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: { candidate: string; slips: number } | undefined;
  const slipsMax = word.length < 8 ? 1 : 2;
  for (const candidate of candidates) {
    if (candidate === word || candidate.length > lengthMax || Math.abs(candidate.length - word.length) > slipsMax) {
      continue;
    }
    const slips = slipsBetween(word.toLowerCase(), candidate.toLowerCase());
    if (slips <= slipsMax && (!best || slips < best.slips)) {
      best = { candidate, slips };
    }
  }
  return best?.candidate;
}

/** Letters left out, added, changed or swapped with their neighbour. */
function slipsBetween(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j], before[j - 2] + 1);
      }
    }
    [before, last] = [last, row];
  }
  return last[b.length];
}
