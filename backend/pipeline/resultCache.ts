import { columnsTextLength, type LabelSet } from './labelSet';
import type { ResultLabels } from './pipeline';

/** Result objects kept per pipeline; beyond it the cache starts over. More than the series a metric query may have. */
export const resultSetsMax = 4_096;
/** Entries for which a cache that did not help is left alone. */
const restEntries = 65_536;

/** Longest text of labels of which equal ones are looked for: longer ones would fill the memory, and seldom come twice. */
export const sharedTextMax = 4_096;

/** The results of one stream by how they were made; valid in one generation of the cache. */
export class StreamResults {
  generation = 0;
  all = new Map<string, ResultLabels>();
  /** The same where one label was changed: by its number and kind, then by its value. */
  private readonly one: Array<Map<string, ResultLabels>> = [];

  ofOne(change: number): Map<string, ResultLabels> {
    return (this.one[change] ??= new Map());
  }

  clear(generation: number): void {
    this.generation = generation;
    this.all = new Map();
    this.one.length = 0;
  }
}

/** Gives the same object for equal label sets, as far as they fit: entries of equal labels then cost one look-up. */
export class ResultCache {
  private shared = new Map<string, ResultLabels>();
  private hits = 0;
  private misses = 0;
  /** For how many more results it is left alone. */
  private resting = 0;
  private generation = 0;

  constructor(private readonly max = resultSetsMax) {}

  /** Whether the next result is to be made without the cache: remembering sets that never return costs more than making them. */
  rests(): boolean {
    if (this.resting === 0) {
      return false;
    }
    this.resting--;
    return true;
  }

  /** A stream's results as far as they are still valid. */
  resultsOf(results: StreamResults): StreamResults {
    if (results.generation !== this.generation) {
      results.clear(this.generation);
    }
    return results;
  }

  known(results: ReadonlyMap<string, ResultLabels>, key: string): ResultLabels | undefined {
    const known = results.get(key);
    if (known) {
      this.hits++;
    }
    return known;
  }

  remember(results: Map<string, ResultLabels>, key: string, set: LabelSet): ResultLabels {
    const result = this.share(set);
    results.set(key, result);
    if (++this.misses >= this.max) {
      this.startOver();
    }
    return result;
  }

  /** The one object for equal sets; long ones are their own, since their text would be held in memory once more. */
  share(set: LabelSet): ResultLabels {
    if (columnsTextLength(set) > sharedTextMax) {
      return set;
    }
    const identity = set.identity();
    let result = this.shared.get(identity);
    if (!result) {
      result = set;
      this.shared.set(identity, result);
    }
    return result;
  }

  private startOver(): void {
    this.resting = this.hits < this.misses ? restEntries : 0;
    this.hits = 0;
    this.misses = 0;
    this.generation++;
    this.shared = new Map();
  }
}
