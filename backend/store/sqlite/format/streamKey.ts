import { compareLabels, type Labels } from '../../../model/labels';

/** The text that names a stream in the files: its labels in canonical order as a flat JSON array. Also the `streamId` of chunks. */
export function streamKey(labels: Labels): string {
  return JSON.stringify(flatLabels(labels));
}

/** Names and values in turns. Made by a plain loop: each push makes it for each of its streams. */
export function flatLabels(labels: Labels): string[] {
  const flat: string[] = [];
  labels.forEach((value, name) => flat.push(name, value));
  return flat;
}

/** The label set of `streamKey`, and of the metadata dictionary. Throws on anything else. */
export function labelsOfKey(key: string): Labels {
  return labelsOfFlat(JSON.parse(key) as string[]);
}

export function labelsOfFlat(flat: string[]): Labels {
  const labels = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) {
    labels.set(flat[i], flat[i + 1]);
  }
  return labels;
}

const [quote, comma, bracket, backslash] = [...'",]\\'].map((character) => character.charCodeAt(0));

/** The order of `compareLabels`, nearly always told without making label sets of keys. */
export function compareKeys(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  // no key is the beginning of another
  let at = 0;
  while (a.charCodeAt(at) === b.charCodeAt(at)) {
    at++;
  }
  const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
  const listEnds = at === 1 || (one + other === comma + bracket && (one === comma || one === bracket));
  if (listEnds || one === backslash || other === backslash || a.charCodeAt(at - 1) === backslash) {
    return compareLabels(labelsOfKey(a), labelsOfKey(b));
  }
  // inside of a text, which comes first when it ends here
  return one === quote ? -1 : other === quote ? 1 : one - other;
}
