import { makeLabels, type Labels } from '../model/labels';

/** Sets remembered within one request; above this, equal sets may be different objects, which is only less compact. */
const rememberedSetsMax = 10_000;

/** Makes equal structured metadata of one request the same object, as `StreamEntries.metadata` asks. */
export class MetadataSets {
  private readonly known = new Map<string, Labels>();

  of(pairs: Array<[string, string]>): Labels | undefined {
    if (pairs.length === 0) {
      return undefined;
    }
    const key = JSON.stringify(pairs);
    let set = this.known.get(key);
    if (!set) {
      set = makeLabels(pairs);
      if (this.known.size < rememberedSetsMax) {
        this.known.set(key, set);
      }
    }
    return set;
  }
}
