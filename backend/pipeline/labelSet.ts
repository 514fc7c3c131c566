import { labelsText, type Labels } from '../model/labels';
import { errorDetailsLabel, errorLabel } from './labelNames';
import type { Origin, ResultLabels } from './pipeline';

/** A label of a result and where it came from. */
export interface OriginatedLabel {
  name: string;
  value: string;
  origin: Origin;
}

/** The set of some labels, no two of one name. Keeps putting each in its place: they are few and arrive nearly sorted. */
export function sortedSet(labels: readonly OriginatedLabel[]): LabelSet {
  const sorted: OriginatedLabel[] = [];
  for (const label of labels) {
    let at = sorted.length;
    while (at > 0 && sorted[at - 1].name > label.name) {
      sorted[at] = sorted[at - 1];
      at--;
    }
    sorted[at] = label;
  }
  return new LabelSet(
    sorted.map(({ name }) => name),
    sorted.map(({ value }) => value),
    sorted.map(({ origin }) => origin)
  );
}

/** How long names and values are together. */
export function columnsTextLength({ names, values }: Pick<ResultLabels, 'names' | 'values'>): number {
  let length = 0;
  for (let i = 0; i < names.length; i++) {
    length += names[i].length + values[i].length;
  }
  return length;
}

/** Labels sorted by name; the maps and the key are made when somebody asks. */
export class LabelSet implements ResultLabels {
  private maps: { stream: Labels; structured: Labels; parsed: Labels; all: Labels } | undefined;
  private keyText: string | undefined;

  /** The columns must be sorted by name. Sets of one shape share those of names and origins. */
  constructor(
    readonly names: readonly string[],
    readonly values: readonly string[],
    readonly origins: readonly Origin[]
  ) {}

  /** Equal exactly for equal sets of equal origin. */
  identity(): string {
    let identity = '';
    for (let i = 0; i < this.names.length; i++) {
      identity += `${this.names[i]} ${this.origins[i]} ${this.values[i].length}:${this.values[i]}`;
    }
    return identity;
  }

  get key(): string {
    return (this.keyText ??= labelsText(this.all));
  }

  get all(): Labels {
    return this.byOrigin().all;
  }

  get stream(): Labels {
    return this.byOrigin().stream;
  }

  get structured(): Labels {
    return this.byOrigin().structured;
  }

  get parsed(): Labels {
    return this.byOrigin().parsed;
  }

  get error(): string | undefined {
    return this.parsed.get(errorLabel);
  }

  get errorDetails(): string | undefined {
    return this.parsed.get(errorDetailsLabel);
  }

  private byOrigin(): { stream: Labels; structured: Labels; parsed: Labels; all: Labels } {
    if (!this.maps) {
      const all = new Map<string, string>();
      const byOrigin = { stream: new Map<string, string>(), structured: new Map<string, string>(), parsed: new Map<string, string>() };
      this.names.forEach((name, i) => {
        all.set(name, this.values[i]);
        byOrigin[this.origins[i]].set(name, this.values[i]);
      });
      this.maps = { all, ...byOrigin };
    }
    return this.maps;
  }
}
