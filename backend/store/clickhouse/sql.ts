import type { Matcher } from '../../../src/logql/ast';
import type { Hint, TimeRange } from '../store';

/** Text of SQL from values. Only this file quotes; nothing else puts a value of a user into a statement. */

const escapes: Record<string, string> = { '\\': '\\\\', "'": "\\'", '\0': '\\0', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' };

/** A string literal. */
export function quote(text: string): string {
  // eslint-disable-next-line no-control-regex
  return `'${text.replace(/[\\'\0\n\r\t\b\f]/g, (letter) => escapes[letter])}'`;
}

/** A pattern for LIKE that finds the text anywhere. */
function likeAnywhere(text: string): string {
  return quote(`%${text.replace(/[\\%_]/g, (letter) => `\\${letter}`)}%`);
}

/** Whether the line contains the text. LIKE, not position(): only LIKE is served by an ngram index. */
function contains(text: string, ignoreCase: boolean): string {
  return ignoreCase ? `positionCaseInsensitive(line, ${quote(text)}) > 0` : `line LIKE ${likeAnywhere(text)}`;
}

/** Texts longer than this are cut in hints (what is cut is still a necessary condition), and `none` hints with them are left out. */
const hintTextMax = 2_000;
const plainAscii = /^[\x01-\x7f]*$/; // eslint-disable-line no-control-regex

/** A hint as a condition, or undefined when it would not be sound: what the driver leaves out must be what the caller drops. */
export function hintCondition({ kind, texts, ignoreCase }: Hint): string | undefined {
  // case is compared byte by byte only in ASCII; with a NUL some functions of old servers stop reading
  const usable = texts.every((text) => text !== '' && text.length <= hintTextMax && !text.includes('\0') && (!ignoreCase || plainAscii.test(text)));
  if (!usable || texts.length === 0) {
    return undefined;
  }
  const found = texts.map((text) => contains(text, ignoreCase)).join(' OR ');
  return kind === 'any' ? `(${found})` : `NOT (${found})`;
}

export function rangeCondition({ startNs, endNs }: TimeRange): string {
  return `ts >= ${startNs} AND ts < ${endNs}`;
}

/** Alternatives of a regular expression that is nothing else (`a|b|c`). */
const literalAlternatives = /^[A-Za-z0-9_/: ,=@#%&~<>"'-]*(?:\|[A-Za-z0-9_/: ,=@#%&~<>"'-]*)*$/;
const alternativesMax = 1_000;

/**
 * A matcher as a condition on the arrays `lk` and `lv` of a stream; a missing label is the empty string, as in LogQL. Undefined for regular
 * expressions that are more than alternatives: these are judged in this process, by the engine of all the other drivers.
 */
export function matcherCondition({ name, op, value }: Matcher): string | undefined {
  const label = `lv[indexOf(lk, ${quote(name)})]`;
  if (op === '=' || op === '!=') {
    return `${label} ${op === '=' ? '=' : '!='} ${quote(value)}`;
  }
  const alternatives = value.split('|');
  if (!literalAlternatives.test(value) || alternatives.length > alternativesMax) {
    return undefined;
  }
  return `${label} ${op === '=~' ? 'IN' : 'NOT IN'} (${alternatives.map(quote).join(', ')})`;
}

export const and = (...conditions: Array<string | undefined>): string => conditions.filter((condition) => condition !== undefined).join(' AND ');
