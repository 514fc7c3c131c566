import { RequestError } from '../model/errors';
import { makeLabels, type Labels } from '../model/labels';
import { keepShape } from '../runtime/shapes';
import { metadataName } from './metadataName';

/** Sets remembered within one request; above this, equal sets may be different objects, which is only less compact. */
const rememberedSetsMax = 10_000;

/** Different sets in one request: some thousand bytes each, however short they are. */
const setsPerRequestMax = 50_000;

/** Makes equal structured metadata of one request the same object, as `StreamEntries.metadata` asks. Names become valid label names. */
export class MetadataSets {
  private readonly known = new Map<string, Labels>();
  private made = 0;

  of(pairs: Array<[string, string]>): Labels | undefined {
    if (pairs.length === 0) {
      return undefined;
    }
    const key = JSON.stringify(pairs);
    let set = this.known.get(key);
    if (!set) {
      if (++this.made > setsPerRequestMax) {
        throw new RequestError(413, `more than ${setsPerRequestMax} different sets of structured metadata in one push; send smaller batches`);
      }
      // Loki puts a blank where a value was not UTF-8.
      set = makeLabels(pairs.map(([name, value]) => [metadataName(name), value.replaceAll('\ufffd', ' ')]));
      if (this.known.size < rememberedSetsMax) {
        this.known.set(key, set);
      }
    }
    return set;
  }
}

keepShape(new MetadataSets());
