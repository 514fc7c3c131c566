import { createHash } from 'node:crypto';
import { goQuote, quoteRegex } from '../../../../src/logql';
import { CallError, GoMap, queryFunctions, templateRegex, type Value } from '../../../text/template';
import { bytesOfText } from '../../bytes';
import { fixed, integer, itemsMax, list, type Named, text, variadic } from './arguments';

/** Words of `firstName`, `HTTPServer2`, `a b` as xstrings cuts them for snake and kebab case. */
function joinWords(value: string, separator: string): string {
  return value
    .replace(/([a-z0-9])([A-Z])/g, `$1${separator}$2`)
    .replace(/([A-Z]+)([A-Z][a-z])/g, `$1${separator}$2`)
    .replace(/([a-zA-Z])(\d)/g, `$1${separator}$2`)
    .replace(/[\s_-]+/g, separator)
    .toLowerCase();
}

function camelCase(value: string): string {
  const lead = /^_+/.exec(value)?.[0] ?? '';
  return lead + value.slice(lead.length).split(/[_\s-]+/).map((part) => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase()).join('');
}

function swapCase(value: string): string {
  return Array.from(value, (c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join('');
}

function abbreviate(value: string, width: number): string {
  const runes = [...value];
  return width < 4 || runes.length <= width ? value : `${runes.slice(0, width - 3).join('')}...`;
}

function wrap(value: string, width: number, separator: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of value.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > Math.max(1, width)) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join(separator);
}

function splitParts(separator: string, value: string, count?: number): GoMap {
  const all = value.split(separator);
  const parts = count === undefined || count < 0 || all.length <= count ? all : [...all.slice(0, count - 1), all.slice(count - 1).join(separator)];
  return new GoMap(new Map(parts.map((part, i) => [`_${i}`, part])), 'string');
}

const hex = (algorithm: string, value: string) => createHash(algorithm).update(bytesOfText(value)).digest('hex');

function adler32(value: string): string {
  let [a, b] = [1, 0];
  for (const byte of Buffer.from(value)) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return String(b * 65_536 + a);
}

function random(characters: string, count: number): string {
  return Array.from({ length: Math.min(Math.max(count, 0), itemsMax) }, () => characters[Math.floor(Math.random() * characters.length)]).join('');
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function toBase32(bytes: Buffer): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const digits = (bits.match(/.{1,5}/g) ?? []).map((part) => base32[parseInt(part.padEnd(5, '0'), 2)]).join('');
  return digits.padEnd(Math.ceil(digits.length / 8) * 8, '=');
}

function fromBase32(value: string): string {
  const bits = Array.from(value.replace(/=+$/, ''), (c) => {
    const digit = base32.indexOf(c);
    if (digit < 0) {
      throw new CallError('illegal base32 data');
    }
    return digit.toString(2).padStart(5, '0');
  }).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((part) => parseInt(part, 2))).toString('utf8');
}

const environment = (name: string): string => process.env[name] ?? '';

const findAll = (pattern: string, value: string, count: Value) => {
  const limit = Number(integer(count));
  const matches = templateRegex(pattern).matches(value);
  return (limit < 0 ? matches : matches.slice(0, limit)).map((match) => value.slice(match.start, match.end));
};

/** Go's Regexp.Split: a match at the very end leaves nothing behind it, an empty one at the start nothing before it. */
function regexSplit(pattern: string, value: string, count: Value): string[] {
  const limit = Number(integer(count));
  const parts: string[] = [];
  let from = 0;
  let lastStart = 0;
  for (const match of templateRegex(pattern).matches(value)) {
    if (limit > 0 && parts.length === limit - 1) {
      break;
    }
    lastStart = match.start;
    if (match.end > 0) {
      parts.push(value.slice(from, match.start));
    }
    from = match.end;
  }
  if (limit === 0) {
    return [];
  }
  return value === '' || lastStart < value.length ? [...parts, value.slice(from)] : parts;
}

const regexFunctions: Named[] = ['', 'must'].flatMap((prefix) => {
  const name = (rest: string) => (prefix ? `mustRegex${rest}` : `regex${rest}`);
  return [
    fixed(name('Match'), ['string', 'string'], (pattern: string, value: string) => templateRegex(pattern).test(value)),
    fixed(name('Find'), ['string', 'string'], (pattern: string, value: string) => templateRegex(pattern).exec(value)?.[0] ?? ''),
    fixed(name('FindAll'), ['string', 'string', 'any'], findAll),
    fixed(name('Split'), ['string', 'string', 'any'], regexSplit),
    [name('ReplaceAll'), queryFunctions.get('regexReplaceAll')!],
    [name('ReplaceAllLiteral'), queryFunctions.get('regexReplaceAllLiteral')!],
  ];
});

/** Texts: sprig's, and Promtail's own `Hash` and `Sha2Hash`. */
export const stringFunctions: Named[] = [
  fixed('abbrev', ['any', 'string'], (width: Value, value: string) => abbreviate(value, Number(integer(width)))),
  fixed('initials', ['string'], (value: string) => value.split(/\s+/).map((word) => [...word][0] ?? '').join('')),
  fixed('untitle', ['string'], (value: string) => value.replace(/(^|\s)(\S)/g, (_, space: string, c: string) => space + c.toLowerCase())),
  fixed('nospace', ['string'], (value: string) => value.replace(/\s/g, '')),
  fixed('swapcase', ['string'], swapCase),
  fixed('snakecase', ['string'], (value: string) => joinWords(value, '_')),
  fixed('kebabcase', ['string'], (value: string) => joinWords(value, '-')),
  fixed('camelcase', ['string'], camelCase),
  fixed('shuffle', ['string'], (value: string) => [...value].sort(() => Math.random() - 0.5).join('')),
  fixed('wrap', ['any', 'string'], (width: Value, value: string) => wrap(value, Number(integer(width)), '\n')),
  fixed('wrapWith', ['any', 'string', 'string'], (width: Value, separator: string, value: string) => wrap(value, Number(integer(width)), separator)),
  fixed('plural', ['string', 'string', 'any'], (one: string, many: string, count: Value) => (integer(count) === 1n ? one : many)),
  variadic('quote', [], 'any', (values) => values.filter((value) => value !== undefined).map((value) => goQuote(text(value))).join(' ')),
  variadic('squote', [], 'any', (values) => values.filter((value) => value !== undefined).map((value) => `'${text(value)}'`).join(' ')),
  variadic('cat', [], 'any', (values) => values.filter((value) => value !== undefined).map(text).join(' ')),
  fixed('toString', ['any'], text),
  fixed('sha1sum', ['string'], (value: string) => hex('sha1', value)),
  fixed('sha256sum', ['string'], (value: string) => hex('sha256', value)),
  fixed('sha512sum', ['string'], (value: string) => hex('sha512', value)),
  fixed('adler32sum', ['string'], adler32),
  fixed('Hash', ['string', 'string'], (salt: string, value: string) => hex('sha3-256', salt + value)),
  fixed('Sha2Hash', ['string', 'string'], (salt: string, value: string) => hex('sha256', salt + value)),
  fixed('b32enc', ['string'], (value: string) => toBase32(Buffer.from(value))),
  fixed('b32dec', ['string'], fromBase32),
  fixed('randAlpha', ['any'], (count: Value) => random(letters, Number(integer(count)))),
  fixed('randNumeric', ['any'], (count: Value) => random('0123456789', Number(integer(count)))),
  fixed('randAlphaNum', ['any'], (count: Value) => random(`${letters}0123456789`, Number(integer(count)))),
  fixed('split', ['string', 'string'], (separator: string, value: string) => splitParts(separator, value)),
  fixed('splitn', ['string', 'any', 'string'], (separator: string, count: Value, value: string) => splitParts(separator, value, Number(integer(count)))),
  fixed('splitList', ['string', 'string'], (separator: string, value: string) => value.split(separator)),
  fixed('join', ['string', 'any'], (separator: string, values: Value) => (Array.isArray(values) ? values.filter((value) => value !== undefined).map(text).join(separator) : text(values))),
  fixed('toStrings', ['any'], (values: Value) => list(values).map(text)),
  fixed('sortAlpha', ['any'], (values: Value) => (Array.isArray(values) ? values.map(text).sort() : [text(values)])),
  fixed('regexQuoteMeta', ['string'], quoteRegex),
  ...regexFunctions,
  ['trimall', queryFunctions.get('trimAll')!],
  fixed('env', ['string'], environment),
  fixed('expandenv', ['string'], (value: string) => value.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, bare?: string) => environment((braced ?? bare)!))),
];

