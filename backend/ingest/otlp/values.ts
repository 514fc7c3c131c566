import { RequestError } from '../../model/errors';
import { metadataName } from '../metadataName';

/** OpenTelemetry's AnyValue: text, truth, whole number (bigint), float (number), bytes, list, map, or nothing. */
export type AnyValue = string | boolean | bigint | number | Uint8Array | AnyValue[] | Map<string, AnyValue> | undefined;

export type Attributes = Array<[string, AnyValue]>;

/** Values nested deeper are refused: no exporter makes them. */
export const valueDepthMax = 32;

/** As the collector's pdata prints a value: text as it is, maps and lists as Go's JSON (nothing when JSON has no number for one of theirs), bytes as base64. */
export function valueText(value: AnyValue): string {
  if (typeof value === 'string') {
    return value;
  }
  if (value === undefined) {
    return '';
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value).toString('base64');
  }
  if (typeof value === 'object') {
    return isJson(value) ? jsonText(value) : '';
  }
  return typeof value === 'number' ? floatText(value) : String(value);
}

function isJson(value: AnyValue): boolean {
  if (typeof value === 'number') {
    return Number.isFinite(value);
  }
  return Array.isArray(value) ? value.every(isJson) : value instanceof Map ? [...value.values()].every(isJson) : true;
}

function jsonText(value: AnyValue): string {
  if (value === undefined) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return `[${value.map(jsonText).join(',')}]`;
  }
  if (value instanceof Map) {
    const members = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, item]) => `${quoted(name)}:${jsonText(item)}`).join(',')}}`;
  }
  return typeof value === 'string' || value instanceof Uint8Array ? quoted(valueText(value)) : valueText(value);
}

/** Go's encoder writes what could be HTML or end a line of JavaScript as numbers. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As in JavaScript; what JSON has no number for is told in the words of Go's encoder. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) {
    return `json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`;
  }
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Characters of the names of one set of attributes: a name in a map is made of all above it, which may be as long as the body. */
const nameCharsMax = 1_000_000;

/** Labels of attributes: dots become underscores, maps are flattened with underscores between. Throws RequestError 413 when their names become too long. */
export function attributeLabels(attributes: Attributes, keep: (name: string) => boolean): Array<[string, string]> {
  const labels: Array<[string, string]> = [];
  let nameChars = 0;
  const add = (name: string, value: AnyValue): void => {
    const label = metadataName(name);
    if (value instanceof Map) {
      value.forEach((item, key) => {
        nameChars += label.length + key.length;
        if (nameChars > nameCharsMax) {
          throw new RequestError(413, `the names of attributes have more than ${nameCharsMax} characters together`);
        }
        add(`${label}_${key}`, item);
      });
    } else {
      labels.push([label, valueText(value)]);
    }
  };
  for (const [name, value] of attributes) {
    if (keep(name)) {
      add(name, value);
    }
  }
  return labels;
}
