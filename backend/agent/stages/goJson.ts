import { hasRawBytes } from '../bytes';

/** A text as Go's encoding/json writes it: `<`, `>`, `&` and the line separators escaped (unless `raw`), broken characters as U+FFFD. */
export function goJsonText(text: string, raw = false): string {
  const plain = hasRawBytes(text) ? text.replace(/[\uD800-\uDFFF]/g, (c, i: number) => (isPaired(text, i) ? c : '\ufffd')) : text;
  const json = JSON.stringify(plain).replace(/\\b/g, '\\u0008').replace(/\\f/g, '\\u000c').replace(/[\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
  return raw ? json : json.replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
}

function isPaired(text: string, i: number): boolean {
  const code = text.charCodeAt(i);
  const other = code < 0xdc00 ? text.charCodeAt(i + 1) : text.charCodeAt(i - 1);
  return code < 0xdc00 ? other >= 0xdc00 && other < 0xe000 : other >= 0xd800 && other < 0xdc00;
}

/** A value of JSON.parse as Go's encoding/json writes it: keys sorted. */
export function goJson(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(goJson).join(',')}]`;
  }
  if (value !== null && typeof value === 'object') {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${goJsonText(key)}:${goJson((value as Record<string, unknown>)[key])}`).join(',')}}`;
  }
  if (typeof value === 'string') {
    return goJsonText(value);
  }
  return Object.is(value, -0) ? '-0' : (JSON.stringify(value) ?? 'null');
}
