import { goQuote } from '../../../src/logql/units';
import { formatGoFloat } from '../goNumber';
import { GoTime } from '../goTime';
import { CallError } from './errors';
import { GoInt, GoMap, sortedKeys, typeName, valueText, wholeNumber, type Value } from './values';

/** Widths and precisions beyond this are refused, as in Go ("%!(BADWIDTH)"). */
const widthMax = 1_000_000;

interface Directive {
  minus: boolean;
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
      minus: set.includes('-'), plus: set.includes('+'), sharp: set.includes('#'), space: set.includes(' '), zero: set.includes('0'),
      width: undefined, precision: undefined, verb: '',
    };
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
    if (this.next >= this.values.length || this.next < 0) {
      return this.write(`%!${d.verb}(${this.next < 0 ? 'BADINDEX' : 'MISSING'})`);
    }
    this.write(formatValue(d, this.values[this.next++]));
  }

  /** `[n]`: the operand that comes next. */
  private index(): void {
    const index = /\[(\d{1,6})\]/y;
    index.lastIndex = this.at;
    const match = index.exec(this.format);
    if (match) {
      this.at += match[0].length;
      this.reordered = true;
      this.next = Number(match[1]) - 1;
      if (this.next >= this.values.length) {
        this.next = -1;
      }
    }
  }

  private number(bad: string): number | undefined {
    if (this.format[this.at] === '*') {
      this.at++;
      const value = this.next >= 0 && this.next < this.values.length ? wholeNumber(this.values[this.next]) : undefined;
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
  return value === undefined ? `%!${d.verb}(<nil>)` : `%!${d.verb}(${typeName(value)}=${valueText(value)})`;
}

function formatValue(d: Directive, value: Value): string {
  if (d.verb === 'T') {
    return padded(d, typeName(value));
  }
  if (value === undefined) {
    return d.verb === 'v' ? padded(d, '<nil>') : badVerb(d, value);
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
    return d.verb === 't' || d.verb === 'v' ? padded(d, String(value)) : badVerb(d, value);
  }
  if (value instanceof GoTime) {
    return ['v', 's', 'q', 'x', 'X'].includes(d.verb) ? formatText({ ...d, sharp: false }, valueText(value), value) : badVerb(d, value);
  }
  return formatItems(d, value);
}

/** Maps and lists: the verb applies to every item. */
function formatItems(d: Directive, value: Value): string {
  if (d.verb === 'v' && d.sharp) {
    return valueText(value, true);
  }
  if (value instanceof GoMap) {
    const pairs = sortedKeys(value).map((key) => `${formatValue(d, key)}:${formatValue(d, value.values.get(key))}`);
    return `map[${pairs.join(' ')}]`;
  }
  return `[${(value as Value[]).map((item) => formatValue(d, item)).join(' ')}]`;
}

function formatText(d: Directive, text: string, value: Value): string {
  const cut = d.precision === undefined ? text : [...text].slice(0, d.precision).join('');
  switch (d.verb) {
    case 'v':
      return padded(d, d.sharp ? goQuote(text) : cut, true);
    case 's':
      return padded(d, cut, true);
    case 'q':
      return padded(d, d.sharp && !/[`\x00-\x08\x0a-\x1f\x7f]/.test(cut) ? `\`${cut}\`` : goQuote(cut), true);
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
      return integerText(d, whole, 8, d.sharp ? '0' : '');
    case 'O':
      return integerText(d, whole, 8, '0o');
    case 'x':
      return integerText(d, whole, 16, d.sharp ? '0x' : '');
    case 'X':
      return integerText(d, whole, 16, d.sharp ? '0X' : '').replace(/[a-f]/g, (digit) => digit.toUpperCase());
    case 'c':
      return padded(d, runeText(whole));
    case 'q': {
      const rune = runeText(whole);
      return padded(d, `'${rune === "'" ? "\\'" : rune === '"' ? '"' : goQuote(rune).slice(1, -1)}'`);
    }
    case 'U':
      return padded(d, `U+${whole.toString(16).toUpperCase().padStart(Math.max(4, d.precision ?? 0), '0')}${d.sharp ? ` '${runeText(whole)}'` : ''}`);
    default:
      return badVerb(d, value instanceof GoInt ? value : whole);
  }
}

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
