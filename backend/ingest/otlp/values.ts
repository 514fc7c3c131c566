import { metadataName } from '../metadataName';

/** OpenTelemetry's AnyValue: text, truth, whole number (bigint), float (number), bytes, list, map, or nothing. */
export type AnyValue = string | boolean | bigint | number | Uint8Array | AnyValue[] | Map<string, AnyValue> | undefined;

export type Attributes = Array<[string, AnyValue]>;

/** Values nested deeper are refused: no exporter makes them. */
export const valueDepthMax = 32;

/** As the collector's pdata prints a value: text as it is, maps and lists as JSON, bytes as base64. */
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
  return typeof value === 'object' ? jsonText(value) : typeof value === 'number' ? floatText(value) : String(value);
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
    return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${jsonText(item)}`).join(',')}}`;
  }
  return typeof value === 'string' || value instanceof Uint8Array ? JSON.stringify(valueText(value)) : valueText(value);
}

/** Like JSON's numbers in Go; what JSON has no number for is written out. */
function floatText(value: number): string {
  return Number.isFinite(value) ? String(value).replace(/e([+-])(\d)$/, 'e$10$2') : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/** Labels of attributes: dots become underscores, maps are flattened with underscores between. */
export function attributeLabels(attributes: Attributes, keep: (name: string) => boolean): Array<[string, string]> {
  const labels: Array<[string, string]> = [];
  const add = (name: string, value: AnyValue): void => {
    const label = metadataName(name);
    if (value instanceof Map) {
      value.forEach((item, key) => add(`${label}_${key}`, item));
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
