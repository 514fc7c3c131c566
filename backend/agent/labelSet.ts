import { makeLabels, type Labels } from '../model/labels';
import { quoteText } from './bytes';

/**
 * How many label sets one set remembers as derived from itself. A label with ever new values then costs a fresh set per line
 * instead of memory without end.
 */
const derivedMax = 256;

/**
 * An immutable label set of the agent. Sets that are reached by the same changes are the same object (while remembered), so the text
 * and the stream buffer of a stream are made once and not per line.
 */
export class LabelSet {
  private quoted: string | undefined;
  private readonly derived = new Map<string, LabelSet>();

  private constructor(readonly labels: Labels) {}

  static from(pairs: Iterable<readonly [string, string]>): LabelSet {
    return new LabelSet(makeLabels(pairs));
  }

  get(name: string): string | undefined {
    return this.labels.get(name);
  }

  with(name: string, value: string): LabelSet {
    if (this.labels.get(name) === value) {
      return this;
    }
    return this.derive(`+${name}\u0000${value}`, () => LabelSet.from([...this.labels, [name, value]]));
  }

  without(name: string): LabelSet {
    if (!this.labels.has(name)) {
      return this;
    }
    return this.derive(`-${name}`, () => LabelSet.from([...this.labels].filter(([other]) => other !== name)));
  }

  /** Only the named labels. */
  only(names: ReadonlySet<string>): LabelSet {
    const kept = [...this.labels].filter(([name]) => names.has(name));
    if (kept.length === this.labels.size) {
      return this;
    }
    return this.derive(`=${kept.map(([name]) => name).join('\u0000')}`, () => LabelSet.from(kept));
  }

  /** This set laid over `defaults`: labels of this set win. */
  over(defaults: LabelSet): LabelSet {
    if (defaults.labels.size === 0) {
      return this;
    }
    return LabelSet.from([...defaults.labels, ...this.labels]);
  }

  /** `{a="b", c="d"}`, values quoted as Go does: the form of Loki's push. Equal sets have equal texts. */
  get text(): string {
    this.quoted ??= `{${[...this.labels].map(([name, value]) => `${name}=${quoteText(value)}`).join(', ')}}`;
    return this.quoted;
  }

  private derive(key: string, make: () => LabelSet): LabelSet {
    let set = this.derived.get(key);
    if (!set) {
      set = make();
      if (this.derived.size >= derivedMax) {
        this.derived.clear();
      }
      this.derived.set(key, set);
    }
    return set;
  }
}

export const noLabelSet = LabelSet.from([]);

/** Names that a label may have in Prometheus' old sense. */
export function isLabelName(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
}
