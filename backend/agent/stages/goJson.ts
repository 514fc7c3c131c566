/** A text as json-iterator of Go writes it: `<`, `>`, `&` and the line separators escaped (unless `raw`), bytes that are not UTF-8 as `\ufffd`. */
export function goJsonText(text: string, raw = false): string {
  const json = JSON.stringify(text).replace(escapes, goEscape);
  return raw ? json : json.replace(/[<>&]/g, unicodeEscape);
}

/** A whole escape at a time, so that a backslash of the text is not taken for the beginning of one. */
const escapes = /\\(?:ud[89a-f][0-9a-f]{2}|[^])|[\u2028\u2029]/g;

function goEscape(escape: string): string {
  if (escape === '\\b' || escape === '\\f') {
    return unicodeEscape(JSON.parse(`"${escape}"`) as string);
  }
  return escape.length === 1 ? unicodeEscape(escape) : escape.startsWith('\\ud') ? '\\ufffd' : escape;
}

const unicodeEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

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
