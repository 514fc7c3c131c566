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
  let at = 0;
  sets.forEach((set, i) => {
    for (let k = 0; k < set.names.length; k++, at++) {
      packed.names[at] = numberOf(set.names[k]);
      packed.values[at] = numberOf(set.values[k]);
      packed.origins[at] = origins.indexOf(set.origins[k]);
    }
    packed.ends[i] = at;
  });
  return packed;
}

/** Reads them; each text is quoted once, since the same values come again and again. */
export function readSets(sets: EntrySets): EntrySet[] {
  const quoted = sets.texts.map((text) => JSON.stringify(text));
  return Array.from(sets.ends, (end, i) => new EntrySet(sets, quoted, i === 0 ? 0 : sets.ends[i - 1], end));
}

/** The labels of an entry by where they came from. What is made of them is made when somebody asks. */
export class EntrySet {
  private readonly made: Partial<Record<Origin | 'all', Labels>> = {};

  constructor(
    private readonly sets: EntrySets,
    /** `sets.texts` as JSON. */
    private readonly quoted: readonly string[],
    private readonly from: number,
    private readonly to: number
  ) {}

  get stream(): Labels {
    return (this.made.stream ??= this.labels('stream'));
  }

  get structured(): Labels {
    return (this.made.structured ??= this.labels('structured'));
  }

  get parsed(): Labels {
    return (this.made.parsed ??= this.labels('parsed'));
  }

  /** The three together, as a result without `categorize-labels` shows them. */
  get all(): Labels {
    return (this.made.all ??= this.labels());
  }

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
    return `{${this.joined(this.sets.texts, '=', ', ', origin)}}`;
  }

  /** The labels of an origin, or all, as a JSON object. */
  json(origin?: Origin): string {
    return `{${this.joined(this.quoted, ':', ',', origin)}}`;
  }

  private joined(names: readonly string[], is: string, between: string, origin?: Origin): string {
    let text = '';
    for (let at = this.from; at < this.to; at++) {
      if (this.isOf(at, origin)) {
        text += `${text === '' ? '' : between}${names[this.sets.names[at]]}${is}${this.quoted[this.sets.values[at]]}`;
      }
    }
    return text;
  }

  private labels(origin?: Origin): Labels {
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
