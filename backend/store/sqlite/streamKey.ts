import type { Labels } from '../../model/labels';

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
