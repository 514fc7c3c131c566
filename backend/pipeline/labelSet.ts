import { labelsText, type Labels } from '../model/labels';
import { errorDetailsLabel, errorLabel } from './labelNames';
import type { Origin, ResultLabels } from './pipeline';

/** Labels sorted by name; the maps and the key are made when somebody asks. */
export class LabelSet implements ResultLabels {
  readonly names: string[] = [];
  readonly values: string[] = [];
  readonly origins: Origin[] = [];
  private maps: { stream: Labels; structured: Labels; parsed: Labels; all: Labels } | undefined;
  private keyText: string | undefined;

  /** Keeps the order: sets are small and arrive nearly sorted. */
  add(name: string, value: string, origin: Origin): void {
    const { names, values, origins } = this;
    let at = names.length;
    while (at > 0 && names[at - 1] > name) {
      names[at] = names[at - 1];
      values[at] = values[at - 1];
      origins[at] = origins[at - 1];
      at--;
    }
    names[at] = name;
    values[at] = value;
    origins[at] = origin;
  }

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
