import type { ScopedVars } from '@grafana/data';
import { quoteRegex } from '../logql';

/** Grafana's template service, as far as needed: `format` gets a variable's value (an array for several) and answers its text. */
export type ReplaceVariables = (text: string, scopedVars?: ScopedVars, format?: string | ((value: string | string[], variable: VariableLike) => string)) => string;

interface VariableLike {
  multi?: boolean;
  includeAll?: boolean;
}

/** A piece of a query: inside `"..."`, inside backticks, or neither. */
type Place = 'quoted' | 'raw' | 'plain';

/**
 * Puts values of variables into a query so that each stays what it was meant to be, by the place it stands in:
 * in `"..."` a value is escaped for the string, in backticks it goes in as it is, outside of strings several values are separated by commas;
 * inside a string several values become a regular expression, each value taken literally. So does one value of a variable that may have
 * several, where a regular expression stands; anywhere else (`host="$host"`) it is the value itself.
 */
export function interpolate(expr: string, replace: ReplaceVariables, scopedVars: ScopedVars): string {
  let isRegex = false;
  let text = '';
  for (const piece of pieces(expr)) {
    text += mayHoldVariable(piece.text) ? replace(piece.text, scopedVars, format(piece.place, isRegex)) : piece.text;
    if (piece.place === 'plain') {
      isRegex = opensRegex(piece.text) ?? isRegex;
    }
  }
  return text;
}

/** Whether a string behind this text is a regular expression; undefined when it continues what was before (`|~ "a" or "b"`). */
function opensRegex(text: string): boolean | undefined {
  const last = text.match(/=~|!~|\|~|\bregexp\b|[=,(){}|>]/g)?.at(-1);
  return last === undefined ? undefined : /~|regexp/.test(last);
}

/** `{text, place}` of consecutive pieces that together are the query. A string that doesn't end goes to the end. */
export function pieces(expr: string): Array<{ text: string; place: Place }> {
  const found: Array<{ text: string; place: Place }> = [];
  const pattern = /"(?:\\[\s\S]|[^"\\])*"?|`[^`]*`?|(?:#|\/\/)[^\n]*|[^"`#/]+|\//g;
  for (const [text] of expr.matchAll(pattern)) {
    found.push({ text, place: text.startsWith('"') ? 'quoted' : text.startsWith('`') ? 'raw' : 'plain' });
  }
  return found;
}

function mayHoldVariable(text: string): boolean {
  return text.includes('$') || text.includes('[[');
}

function format(place: Place, isRegex: boolean): (value: string | string[], variable: VariableLike) => string {
  switch (place) {
    case 'quoted':
      return (value, variable) => escapeQuoted(asPattern(value, variable, isRegex));
    case 'raw':
      return (value, variable) => asPattern(value, variable, isRegex);
    case 'plain':
      return (value) => (Array.isArray(value) ? value.join(',') : String(value));
  }
}

function asPattern(value: string | string[], { multi, includeAll }: VariableLike, isRegex: boolean): string {
  const values = Array.isArray(value) ? value.map(String) : [String(value)];
  if (values.length !== 1) {
    return `(${values.map((one) => quoteRegex(one)).join('|')})`;
  }
  return isRegex && (Array.isArray(value) || multi || includeAll) ? quoteRegex(values[0]) : values[0];
}

/** The inside of a `"..."` string of LogQL (Go's rules) for a text. */
export function escapeQuoted(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n').replace(/\t/g, '\\t').replace(/\r/g, '\\r');
}

/** What `$__interval` and its family stand for in one query. */
export interface TimeVariables {
  intervalMs: number;
  rangeMs: number;
  /** Step of a range query, range of an instant one. */
  autoMs: number;
}

export function timeVariables({ intervalMs, rangeMs, autoMs }: TimeVariables): ScopedVars {
  const rangeS = Math.max(1, Math.round(rangeMs / 1000));
  return Object.fromEntries(
    Object.entries({
      __interval: durationText(intervalMs),
      __interval_ms: String(intervalMs),
      __auto: durationText(autoMs),
      __range: `${rangeS}s`,
      __range_s: String(rangeS),
      __range_ms: String(rangeMs),
    }).map(([name, value]) => [name, { text: value, value }])
  );
}

/** Milliseconds as a duration of LogQL in the largest unit that is exact. */
export function durationText(ms: number): string {
  const units: Array<[string, number]> = [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000]];
  const unit = units.find(([, size]) => ms >= size && ms % size === 0);
  return unit ? `${ms / unit[1]}${unit[0]}` : `${Math.max(1, Math.round(ms))}ms`;
}
