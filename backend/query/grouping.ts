import { labelsText, makeLabels, noLabels, type Labels } from '../model/labels';

/** Which labels of a series are kept. */
export type LabelChoice = (labels: Labels) => Labels;

/** `by (..)`: only these, as far as there are any. An empty value is not the same as none, as in Loki. */
export function keepOnly(names: readonly string[]): LabelChoice {
  const sorted = [...new Set(names)].sort();
  return (labels) => {
    const kept: Array<[string, string]> = [];
    for (const name of sorted) {
      const value = labels.get(name);
      if (value !== undefined) {
        kept.push([name, value]);
      }
    }
    return kept.length > 0 ? new Map(kept) : noLabels;
  };
}

/** `without (..)`: all but these. */
export function dropSome(names: readonly string[]): LabelChoice {
  const dropped = new Set(names);
  return (labels) => {
    const kept = [...labels].filter(([name]) => !dropped.has(name));
    return kept.length === labels.size ? labels : new Map(kept);
  };
}

export function chooseBy(grouping: { without: boolean; labels: string[] }): LabelChoice {
  return grouping.without ? dropSome(grouping.labels) : keepOnly(grouping.labels);
}

/** The labels with some changed; an empty value removes its label. */
export function withLabels(labels: Labels, changes: ReadonlyMap<string, string>): Labels {
  const merged = new Map(labels);
  for (const [name, value] of changes) {
    if (value === '') {
      merged.delete(name);
    } else {
      merged.set(name, value);
    }
  }
  return makeLabels(merged);
}

/** What series are told apart by. Remembers texts of label sets that come again and again. */
export function labelsKey(labels: Labels): string {
  let key = keys.get(labels);
  if (key === undefined) {
    key = labelsText(labels);
    keys.set(labels, key);
  }
  return key;
}

const keys = new WeakMap<Labels, string>();
