import { compileRegex, replaceAll, replaceAllLiteral, type Regex } from '../../re2';
import { RequestError } from '../../../model/errors';
import { blankStart, trimSpace } from '../../trimSpace';
import { CallError } from '../errors';
import { ofStrings, type TemplateFunction } from '../functions';
import { int, type GoInt } from '../values';

function trimLeft(text: string, cut: string): string {
  const characters = new Set(cut);
  let at = 0;
  for (const character of text) {
    if (!characters.has(character)) {
      break;
    }
    at += character.length;
  }
  return text.slice(at);
}

function trimRight(text: string, cut: string): string {
  const characters = new Set(cut);
  const list = [...text];
  let end = list.length;
  while (end > 0 && characters.has(list[end - 1])) {
    end--;
  }
  return list.slice(0, end).join('');
}

const trimBoth = (text: string, cut: string): string => trimRight(trimLeft(text, cut), cut);
const trimPrefix = (text: string, prefix: string): string => (text.startsWith(prefix) ? text.slice(prefix.length) : text);
const trimSuffix = (text: string, suffix: string): string => (suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text);

/** One rune to one rune, as Go's simple case mapping: `ß` stays, `İ` becomes a plain `i`. */
const upper = (text: string): string => mapRunes(text, (rune) => rune.toUpperCase());
const lower = (text: string): string => mapRunes(text, (rune) => (rune === '\u0130' ? 'i' : rune.toLowerCase()));

function mapRunes(text: string, map: (rune: string) => string): string {
  if (/^[\x00-\x7f]*$/.test(text)) {
    return map(text);
  }
  return Array.from(text, (rune) => {
    const mapped = map(rune);
    return [...mapped].length === 1 ? mapped : rune;
  }).join('');
}

/** Go's strings.Title: a letter is upper-cased after anything but a letter, digit or underscore (for ASCII), or after a blank. */
function title(text: string): string {
  let before = ' ';
  return Array.from(text, (rune) => {
    const starts = before <= '\x7f' ? !/[0-9A-Za-z_]/.test(before) : !/[\p{L}\p{Nd}]/u.test(before) && blankStart.test(before);
    before = rune;
    return starts ? upper(rune) : rune;
  }).join('');
}

/** Go's strings.Replace; with a negative count all. An empty `old` matches before every rune and at the end. */
function replaceCount(text: string, old: string, replacement: string, count: bigint, lengthMax: number): string {
  const most = count < 0n ? Infinity : Number(count);
  if (old === '') {
    const runes = [...text];
    const places = Math.min(most, runes.length + 1);
    checkLength(text.length + places * replacement.length, lengthMax);
    return runes.map((rune, i) => (i < places ? replacement + rune : rune)).join('') + (places > runes.length ? replacement : '');
  }
  const parts = text.split(old);
  const kept = Math.min(most, parts.length - 1);
  checkLength(text.length + kept * replacement.length, lengthMax);
  return kept === parts.length - 1 ? parts.join(replacement) : parts.slice(0, kept + 1).join(replacement) + old + parts.slice(kept + 1).join(old);
}

function checkLength(length: number, lengthMax: number): void {
  if (length > lengthMax) {
    throw new CallError(`the text would be longer than ${lengthMax} characters`);
  }
}

function repeat(text: string, count: bigint, lengthMax: number): string {
  if (count < 0n) {
    throw new CallError('strings: negative Repeat count');
  }
  checkLength(text.length * Number(count), lengthMax);
  return text.repeat(Number(count));
}

/** Sprig's trunc: bytes; negative counts from the end. */
function trunc(count: bigint, text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  const n = Number(count);
  if (n < 0 && bytes.length + n > 0) {
    return bytes.toString('utf8', bytes.length + n);
  }
  return n >= 0 && bytes.length > n ? bytes.toString('utf8', 0, n) : text;
}

/** Sprig's substr: bytes; a negative start means from the front, an end that is negative or too large means to the end. */
function substr(from: bigint, to: bigint, text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  const start = from < 0n ? 0n : from;
  const end = from >= 0n && (to < 0n || to > BigInt(bytes.length)) ? BigInt(bytes.length) : to;
  if (end < 0n || end > BigInt(bytes.length) || start > end) {
    const what = from < 0n || start <= end ? `[:${end}] with length ${bytes.length}` : `[${start}:${end}]`;
    throw new CallError(`runtime error: slice bounds out of range ${what}`);
  }
  return bytes.toString('utf8', Number(start), Number(end));
}

function align(count: bigint, text: string, left: boolean, lengthMax: number): string {
  const runes = [...text];
  const n = Number(count);
  if (n < 0 || n === runes.length) {
    return text;
  }
  if (n < runes.length) {
    return (left ? runes.slice(0, n) : runes.slice(runes.length - n)).join('');
  }
  checkLength(n, lengthMax);
  const fill = ' '.repeat(n - runes.length);
  return left ? text + fill : fill + text;
}

function indent(spaces: bigint, text: string, lengthMax: number): string {
  const pad = repeat(' ', spaces, lengthMax);
  return pad + replaceCount(text, '\n', `\n${pad}`, -1n, lengthMax);
}

/** Compiles a pattern that a template names. Throws a CallError: it fails the call, not the request. */
export function templateRegex(pattern: string): Regex {
  try {
    return compileRegex(pattern);
  } catch (error) {
    if (error instanceof RequestError) {
      throw new CallError(error.message);
    }
    throw error;
  }
}

const onInt = (call: (count: bigint, text: string, lengthMax: number) => string): TemplateFunction => ({
  parameters: ['int', 'string'],
  call: ([count, text]: [GoInt, string], { lengthMax }) => call(count.value, text, lengthMax),
});

export const stringFunctions: ReadonlyArray<readonly [string, TemplateFunction]> = [
  ['lower', ofStrings(1, lower)],
  ['upper', ofStrings(1, upper)],
  ['title', ofStrings(1, title)],
  ['trim', ofStrings(1, trimSpace)],
  ['trimAll', ofStrings(2, (cut, text) => trimBoth(text, cut))],
  ['trimPrefix', ofStrings(2, (prefix, text) => trimPrefix(text, prefix))],
  ['trimSuffix', ofStrings(2, (suffix, text) => trimSuffix(text, suffix))],
  ['trunc', onInt(trunc)],
  ['substr', {
    parameters: ['int', 'int', 'string'],
    call: ([from, to, text]: [GoInt, GoInt, string]) => substr(from.value, to.value, text),
  }],
  ['alignLeft', onInt((count, text, lengthMax) => align(count, text, true, lengthMax))],
  ['alignRight', onInt((count, text, lengthMax) => align(count, text, false, lengthMax))],
  ['indent', onInt(indent)],
  ['nindent', onInt((spaces, text, lengthMax) => `\n${indent(spaces, text, lengthMax)}`)],
  ['repeat', onInt((count, text, lengthMax) => repeat(text, count, lengthMax))],
  ['replace', {
    parameters: ['string', 'string', 'string'],
    call: ([old, replacement, text]: string[], { lengthMax }) => replaceCount(text, old, replacement, -1n, lengthMax),
  }],
  ['regexReplaceAll', ofStrings(3, (pattern, text, template) => replaceAll(templateRegex(pattern), text, template))],
  ['regexReplaceAllLiteral', ofStrings(3, (pattern, text, replacement) => replaceAllLiteral(templateRegex(pattern), text, replacement))],
  ['count', ofStrings(2, (pattern, text) => int(templateRegex(pattern).matches(text).length))],
  ['contains', ofStrings(2, (part, text) => text.includes(part))],
  ['hasPrefix', ofStrings(2, (prefix, text) => text.startsWith(prefix))],
  ['hasSuffix', ofStrings(2, (suffix, text) => text.endsWith(suffix))],
  ['ToLower', ofStrings(1, lower)],
  ['ToUpper', ofStrings(1, upper)],
  ['Replace', {
    parameters: ['string', 'string', 'string', 'int'],
    call: ([text, old, replacement, count]: [string, string, string, GoInt], { lengthMax }) => replaceCount(text, old, replacement, count.value, lengthMax),
  }],
  ['Trim', ofStrings(2, trimBoth)],
  ['TrimLeft', ofStrings(2, trimLeft)],
  ['TrimRight', ofStrings(2, trimRight)],
  ['TrimPrefix', ofStrings(2, trimPrefix)],
  ['TrimSuffix', ofStrings(2, trimSuffix)],
  ['TrimSpace', ofStrings(1, trimSpace)],
];
