import { RequestError } from '../model/errors';
import { makeLabels, type Labels } from '../model/labels';
import { keepShape } from '../runtime/shapes';
import { metadataName } from './metadataName';

/** Sets remembered within one request, and characters of their texts; above this, equal sets may be different objects, which is only less compact. */
const rememberedSetsMax = 10_000;
const rememberedCharsMax = 16_000_000;

/** Different sets in one request: some thousand bytes each, however short they are. */
const setsPerRequestMax = 50_000;

/** Labels of all these sets together, some hundred bytes each: the attributes of one OTLP resource are in the set of each of its records. */
const labelsPerRequestMax = 1_000_000;

/** Characters of the sets of all entries, a second of work: those of a resource are looked at again for each record. */
const charsPerRequestMax = 256_000_000;

/** Makes equal structured metadata of one request the same object, as `StreamEntries.metadata` asks. Names become valid label names. */
export class MetadataSets {
  private readonly known = new Map<string, Labels>();
  private made = 0;
  private labels = 0;
  private chars = 0;
  private rememberedChars = 0;

  of(pairs: Array<[string, string]>): Labels | undefined {
    if (pairs.length === 0) {
      return undefined;
    }
    const key = JSON.stringify(pairs);
    this.chars += key.length;
    if (this.chars > charsPerRequestMax) {
      throw tooMuch(`${charsPerRequestMax} characters`);
    }
    let set = this.known.get(key);
    if (!set) {
      this.labels += pairs.length;
      if (++this.made > setsPerRequestMax) {
        throw tooMuch(`${setsPerRequestMax} different sets`);
      }
      if (this.labels > labelsPerRequestMax) {
        throw tooMuch(`${labelsPerRequestMax} labels`);
      }
      // Loki puts a blank where a value was not UTF-8.
      set = makeLabels(pairs.map(([name, value]) => [metadataName(name), value.replaceAll('\ufffd', ' ')]));
      if (this.known.size < rememberedSetsMax && this.rememberedChars + key.length <= rememberedCharsMax) {
        this.known.set(key, set);
        this.rememberedChars += key.length;
      }
    }
    return set;
  }
}

const tooMuch = (what: string): RequestError => new RequestError(413, `more than ${what} of structured metadata in one push; send smaller batches`);

keepShape(new MetadataSets());
