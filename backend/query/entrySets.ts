import type { Labels } from '../model/labels';
import { origins, type Origin, type OriginatedLabels } from '../pipeline/pipeline';

/**
 * The label sets of the entries of an answer, as columns: behind a parser each line may have its own set of a dozen labels, and this is plain
 * data that another thread takes over at little cost. The labels of set `i`, sorted by name, are those from `ends[i - 1]` to `ends[i]`.
 */
export interface EntrySets {
  /** Each text that is a name or a value, once. */
  texts: string[];
  ends: Uint32Array;
  /** Of each label the place of its name in `texts`, of its value, and of its origin in `origins`. */
  names: Uint32Array;
  values: Uint32Array;
  origins: Uint8Array;
}

/** Writes label sets down as columns. */
export function packSets(sets: readonly OriginatedLabels[]): EntrySets {
  const numbers = new Map<string, number>();
  const texts: string[] = [];
  const numberOf = (text: string): number => {
    let number = numbers.get(text);
    if (number === undefined) {
      number = texts.length;
      numbers.set(text, number);
      texts.push(text);
    }
    return number;
  };
  const labels = sets.reduce((sum, { names }) => sum + names.length, 0);
  const packed: EntrySets = { texts, ends: new Uint32Array(sets.length), names: new Uint32Array(labels), values: new Uint32Array(labels), origins: new Uint8Array(labels) };
  // sets of one shape share their names
  const known = new Map<readonly string[], Pick<EntrySets, 'names' | 'origins'>>();
  let at = 0;
  sets.forEach((set, i) => {
    let shape = known.get(set.names);
    if (!shape) {
      shape = { names: Uint32Array.from(set.names, numberOf), origins: Uint8Array.from(set.origins, (origin) => origins.indexOf(origin)) };
      known.set(set.names, shape);
    }
    packed.names.set(shape.names, at);
    packed.origins.set(shape.origins, at);
    for (const value of set.values) {
      packed.values[at++] = numberOf(value);
    }
    packed.ends[i] = at;
  });
  return packed;
}

/** Longest text that is remembered as JSON: longer ones hardly come twice, and would be held in memory once more. */
const quotedCharsMax = 256;

/** Texts as JSON; the short ones are quoted once, since the same values come again and again. */
class QuotedTexts {
  private readonly quoted: Array<string | undefined>;

  constructor(private readonly texts: readonly string[]) {
    this.quoted = new Array<string | undefined>(texts.length);
  }

  get(i: number): string {
    const known = this.quoted[i];
    if (known !== undefined) {
      return known;
    }
    const quoted = JSON.stringify(this.texts[i]);
    if (quoted.length <= quotedCharsMax) {
      this.quoted[i] = quoted;
    }
    return quoted;
  }
}

/** Reads them. */
export function readSets(sets: EntrySets): EntrySet[] {
  const quoted = new QuotedTexts(sets.texts);
  return Array.from(sets.ends, (end, i) => new EntrySet(sets, quoted, i === 0 ? 0 : sets.ends[i - 1], end));
}

/** The labels of an entry by where they came from, in the forms that somebody asks for. */
export class EntrySet {
  constructor(
    private readonly sets: EntrySets,
    private readonly quoted: QuotedTexts,
    private readonly from: number,
    private readonly to: number
  ) {}

  /** What result streams are told apart by, and sorted by: the text of all labels (`labelsText`), then where they came from. Equal labels may differ in that. */
  key(): string {
    let key = `${this.text()}\n`;
    for (let at = this.from; at < this.to; at++) {
      key += this.sets.origins[at];
    }
    return key;
  }

  /** The text form of the labels of an origin, or of all: as `labelsText` makes it. */
  text(origin?: Origin): string {
    return `{${this.joined((name) => this.sets.texts[name], '=', ', ', origin)}}`;
  }

  /** The labels of an origin, or all, as a JSON object. */
  json(origin?: Origin): string {
    return `{${this.joined((name) => this.quoted.get(name), ':', ',', origin)}}`;
  }

  private joined(nameOf: (name: number) => string, is: string, between: string, origin?: Origin): string {
    const { names, values } = this.sets;
    let text = '';
    for (let at = this.from; at < this.to; at++) {
      if (this.isOf(at, origin)) {
        text += `${text === '' ? '' : between}${nameOf(names[at])}${is}${this.quoted.get(values[at])}`;
      }
    }
    return text;
  }

  /** The labels of an origin, or of all: the three together, as a result without `categorize-labels` shows them. */
  labels(origin?: Origin): Labels {
    const { texts, names, values } = this.sets;
    const labels = new Map<string, string>();
    for (let at = this.from; at < this.to; at++) {
      if (this.isOf(at, origin)) {
        labels.set(texts[names[at]], texts[values[at]]);
      }
    }
    return labels;
  }

  private isOf(at: number, origin: Origin | undefined): boolean {
    return origin === undefined || origins[this.sets.origins[at]] === origin;
  }
}
