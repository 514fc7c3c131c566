import { goQuote } from '../../../src/logql/units';
import { formatGoFloat } from '../goNumber';
import { GoTime } from '../goTime';
import { CallError } from './errors';
import { GoInt, GoMap, sortedKeys, typeName, valueText, wholeNumber, type Value } from './values';

/** Widths and precisions beyond this are refused, as in Go ("%!(BADWIDTH)"). */
const widthMax = 1_000_000;

interface Directive {
  minus: boolean;
  /** With the verb `v` the flags `+` and `#` mean something else: `goSyntax` is `%#v`, and `%+v` is `%v` for all values here. */
  goSyntax: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
  verb: string;
}

/** Go's fmt.Sprintf. `lengthMax` bounds the result; beyond it a CallError is thrown. */
export function sprintf(format: string, values: readonly Value[], lengthMax: number): string {
  return new Printer(format, values, lengthMax).run();
}

class Printer {
  private out = '';
  private at = 0;
  private next = 0;
  private reordered = false;
  /** The directive asks for an operand that can't be. */
  private badIndex = false;

  constructor(
    private readonly format: string,
    private readonly values: readonly Value[],
    private readonly lengthMax: number
  ) {}

  run(): string {
    const { format } = this;
    while (this.at < format.length) {
      const percent = format.indexOf('%', this.at);
      this.write(format.slice(this.at, percent < 0 ? undefined : percent));
      if (percent < 0) {
        break;
      }
      this.at = percent + 1;
      this.directive();
    }
    if (!this.reordered && this.next < this.values.length) {
      const extra = this.values.slice(this.next).map((value) => (value === undefined ? '<nil>' : `${typeName(value)}=${valueText(value)}`));
      this.write(`%!(EXTRA ${extra.join(', ')})`);
    }
    return this.out;
  }

  private write(text: string): void {
    this.out += text;
    if (this.out.length > this.lengthMax) {
      throw new CallError(`the text would be longer than ${this.lengthMax} characters`);
    }
  }

  private directive(): void {
    const flags = /[-+# 0]*/y;
    flags.lastIndex = this.at;
    const set = flags.exec(this.format)![0];
    this.at += set.length;
    const d: Directive = {
      minus: set.includes('-'), goSyntax: false, plus: set.includes('+'), sharp: set.includes('#'), space: set.includes(' '), zero: set.includes('0'),
      width: undefined, precision: undefined, verb: '',
    };
    this.badIndex = false;
    this.index();
    d.width = this.number('BADWIDTH');
    if (d.width !== undefined && d.width < 0) {
      d.minus = true;
      d.width = -d.width;
    }
    if (this.format[this.at] === '.') {
      this.at++;
      this.index();
      d.precision = this.number('BADPREC') ?? 0;
      if (d.precision < 0) {
        this.write('%!(BADPREC)');
        d.precision = undefined;
      }
    }
    this.index();
    if (this.at >= this.format.length) {
      return this.write('%!(NOVERB)');
    }
    d.verb = String.fromCodePoint(this.format.codePointAt(this.at)!);
    this.at += d.verb.length;
    if (d.verb === '%') {
      return this.write('%');
    }
    if (this.badIndex || this.next >= this.values.length) {
      return this.write(`%!${d.verb}(${this.badIndex ? 'BADINDEX' : 'MISSING'})`);
    }
    if (d.verb === 'v') {
      Object.assign(d, { goSyntax: d.sharp, sharp: false, plus: false });
    }
    this.write(formatValue(d, this.values[this.next++]));
  }

  /** `[n]`: the operand that comes next. */
  private index(): void {
    if (this.format[this.at] !== '[') {
      return;
    }
    this.reordered = true;
    const close = this.format.indexOf(']', this.at);
    const text = this.format.slice(this.at + 1, Math.max(close, this.at + 1));
    this.at = close < 0 ? this.at + 1 : close + 1;
    const index = /^\d{1,6}$/.test(text) ? Number(text) - 1 : -1;
    if (index < 0 || index >= this.values.length) {
      this.badIndex = true;
    } else {
      this.next = index;
    }
  }

  private number(bad: string): number | undefined {
    if (this.format[this.at] === '*') {
      this.at++;
      if (this.badIndex) {
        return undefined;
      }
      const value = this.next < this.values.length ? wholeNumber(this.values[this.next]) : undefined;
      this.next++;
      if (value === undefined || value > widthMax || value < -widthMax) {
        this.write(`%!(${bad})`);
        return undefined;
      }
      return Number(value);
    }
    const digits = /\d+/y;
    digits.lastIndex = this.at;
    const match = digits.exec(this.format);
    if (!match) {
      return undefined;
    }
    this.at += match[0].length;
    if (Number(match[0]) > widthMax) {
      this.write(`%!(${bad})`);
      return undefined;
    }
    return Number(match[0]);
  }
}

function padded(d: Directive, text: string, zeros = false): string {
  const length = [...text].length;
  if (d.width === undefined || length >= d.width) {
    return text;
  }
  const fill = d.width - length;
  if (d.minus) {
    return text + ' '.repeat(fill);
  }
  if (zeros && d.zero) {
    const sign = /^[+\- ]/.test(text) ? text[0] : '';
    return sign + '0'.repeat(fill) + text.slice(sign.length);
  }
  return ' '.repeat(fill) + text;
}

function badVerb(d: Directive, value: Value): string {
  return value === undefined ? `%!${d.verb}(<nil>)` : `%!${d.verb}(${typeName(value)}=${formatValue({ ...d, verb: 'v' }, value)})`;
}

function formatValue(d: Directive, value: Value): string {
  if (d.verb === 'T') {
    return padded(d, typeName(value));
  }
  if (value === undefined) {
    return d.verb === 'v' ? padded(d, '<nil>', true) : badVerb(d, value);
  }
  const whole = wholeNumber(value);
  if (whole !== undefined) {
    return formatWhole(d, whole, value);
  }
  if (typeof value === 'string') {
    return formatText(d, value, value);
  }
  if (typeof value === 'number') {
    return formatFloat(d, value);
  }
  if (typeof value === 'boolean') {
    return d.verb === 't' || d.verb === 'v' ? padded(d, String(value), true) : badVerb(d, value);
  }
  if (value instanceof GoTime) {
    return ['v', 's', 'q', 'x', 'X'].includes(d.verb) ? formatText({ ...d, sharp: false, goSyntax: false }, valueText(value), value) : badVerb(d, value);
  }
  return formatItems(d, value);
}

/** Maps and lists: the verb applies to every item. */
function formatItems(d: Directive, value: Value): string {
  const item = (inner: Value): string => (inner !== undefined || d.verb !== 'v' ? formatValue(d, inner) : d.goSyntax ? 'interface {}(nil)' : '<nil>');
  const items = value instanceof GoMap ? sortedKeys(value).map((key) => `${formatValue(d, key)}:${item(value.values.get(key))}`) : (value as Value[]).map(item);
  if (d.goSyntax) {
    return `${typeName(value)}{${items.join(', ')}}`;
  }
  return `${value instanceof GoMap ? 'map' : ''}[${items.join(' ')}]`;
}

function formatText(d: Directive, text: string, value: Value): string {
  const cut = d.precision === undefined ? text : [...text].slice(0, d.precision).join('');
  switch (d.verb) {
    case 'v':
      return padded(d, d.goSyntax ? goQuote(cut) : cut, true);
    case 's':
      return padded(d, cut, true);
    case 'q':
      return padded(d, d.sharp && !/[`\x00-\x08\x0a-\x1f\x7f]/.test(cut) ? `\`${cut}\`` : quoted(d, cut), true);
    case 'x':
    case 'X': {
      const bytes = Buffer.from(text, 'utf8').subarray(0, d.precision);
      const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
      const prefix = d.sharp && hex.length > 0 ? '0x' : '';
      const joined = d.space ? hex.map((pair) => prefix + pair).join(' ') : prefix + hex.join('');
      return padded(d, d.verb === 'X' ? joined.toUpperCase() : joined, true);
    }
    default:
      return badVerb(d, value);
  }
}

function formatWhole(d: Directive, whole: bigint, value: Value): string {
  switch (d.verb) {
    case 'v':
    case 'd':
      return integerText(d, whole, 10, '');
    case 'b':
      return integerText(d, whole, 2, d.sharp ? '0b' : '');
    case 'o':
      return integerText(d, whole, 8, '');
    case 'O':
      return integerText(d, whole, 8, '0o');
    case 'x':
      return integerText(d, whole, 16, d.sharp ? '0x' : '');
    case 'X':
      return integerText(d, whole, 16, d.sharp ? '0X' : '').replace(/[a-f]/g, (digit) => digit.toUpperCase());
    case 'c':
      return padded(d, runeText(whole), true);
    case 'q': {
      const rune = runeText(whole);
      return padded(d, `'${rune === "'" ? "\\'" : rune === '"' ? '"' : quoted(d, rune).slice(1, -1)}'`, true);
    }
    case 'U': {
      const rune = d.sharp && printable.test(String.fromCodePoint(Number(whole >= 0n && whole <= 0x10ffffn ? whole : 0n))) ? ` '${runeText(whole)}'` : '';
      return padded(d, `U+${BigInt.asUintN(64, whole).toString(16).toUpperCase().padStart(Math.max(4, d.precision ?? 0), '0')}${rune}`);
    }
    default:
      return badVerb(d, value instanceof GoInt ? value : whole);
  }
}

/** What fmt takes for printable: no control characters, no blanks but the common one. */
const printable = /^[ \p{L}\p{M}\p{N}\p{P}\p{S}]$/u;

/** In double quotes; with `+` in ASCII only. */
function quoted(d: Directive, text: string): string {
  const all = goQuote(text);
  return d.plus ? all.replace(/[^\x00-\x7f]/gu, (rune) => (rune.length > 1 ? `\\U${hex(rune, 8)}` : `\\u${hex(rune, 4)}`)) : all;
}

const hex = (rune: string, digits: number): string => rune.codePointAt(0)!.toString(16).padStart(digits, '0');

function runeText(whole: bigint): string {
  const valid = whole >= 0n && whole <= 0x10ffffn && !(whole >= 0xd800n && whole <= 0xdfffn);
  return valid ? String.fromCodePoint(Number(whole)) : '\uFFFD';
}

function integerText(d: Directive, whole: bigint, base: number, prefix: string): string {
  const size = whole < 0n ? -whole : whole;
  let digits = size.toString(base);
  const sign = whole < 0n ? '-' : d.plus ? '+' : d.space ? ' ' : '';
  if (d.precision !== undefined) {
    digits = d.precision === 0 && whole === 0n ? '' : digits.padStart(d.precision, '0');
  } else if (d.zero && !d.minus && d.width !== undefined) {
    digits = digits.padStart(d.width - sign.length, '0');
  }
  if (base === 8 && d.sharp && digits !== '' && !digits.startsWith('0')) {
    digits = `0${digits}`;
  }
  if (digits === '') {
    return padded({ ...d, zero: false }, '');
  }
  return padded({ ...d, zero: false }, sign + prefix + digits);
}

function formatFloat(d: Directive, value: number): string {
  const { precision } = d;
  let text: string;
  switch (d.verb) {
    case 'v':
      text = formatGoFloat(value, 'g', precision ?? -1);
      break;
    case 'g':
    case 'G':
      text = formatGoFloat(value, 'g', precision ?? -1);
      break;
    case 'e':
    case 'E':
      text = formatGoFloat(value, 'e', precision ?? 6);
      break;
    case 'f':
    case 'F':
      text = formatGoFloat(value, 'f', precision ?? 6);
      break;
    default:
      return badVerb(d, value);
  }
  if (d.verb === 'G' || d.verb === 'E') {
    text = text.replace('e', 'E');
  }
  if (!Number.isFinite(value)) {
    const word = d.plus || value === -Infinity ? (Number.isNaN(value) ? `+${text}` : text) : text.replace('+', d.space ? ' ' : '');
    return padded({ ...d, zero: false }, text === '+Inf' && !d.plus && d.verb === 'v' && !d.space ? '+Inf' : word);
  }
  const sign = text.startsWith('-') ? '' : d.plus ? '+' : d.space ? ' ' : '';
  return padded(d, sign + text, true);
}
