import { trimSpace } from './trimSpace';

/**
 * Names of parsed fields as label names (Loki, pkg/logql/log/util.go): white space around is cut, every character outside
 * `[a-zA-Z0-9_]` becomes `_`, a digit in front gets a `_` before it. May be empty.
 */
export function sanitizeLabelName(key: string): string {
  const name = sanitizeLabelPart(key);
  return name >= '0' && name < ':' ? `_${name}` : name;
}

/** Whether structured metadata of this name can become this label: it is made valid, and gets a suffix where the stream has the name. */
export function canBecomeLabel(metadataName: string, label: string): boolean {
  const name = sanitizeLabelName(metadataName);
  return label === name || label === `${name}_extracted`;
}

/** An RE2 pattern that finds every metadata name for which `canBecomeLabel`, and few others: for databases that must tell by themselves. */
export function becomesLabelPattern(label: string): string {
  const names = label.endsWith('_extracted') ? [label, label.slice(0, -'_extracted'.length)] : [label];
  const patterns = names.map((name) => name.replace(/^_(?=[0-9])/, '@').replace(/_/g, '[^a-zA-Z0-9]{1,4}').replace('@', '[^a-zA-Z0-9]{0,4}'));
  return `^[^a-zA-Z0-9_]*(${patterns.join('|')})[^a-zA-Z0-9_]*$`;
}

/** `sanitizeLabelName` for a part that does not stand at the front: a leading digit stays. */
export function sanitizeLabelPart(key: string): string {
  return plainName.test(key) ? key : trimSpace(key).replace(otherCharacters, '_');
}

const plainName = /^[a-zA-Z0-9_]*$/;
const otherCharacters = /[^a-zA-Z0-9_]/gu;
