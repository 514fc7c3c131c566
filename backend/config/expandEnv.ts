import picomatch from 'picomatch';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `${NAME}` and its forms as Loki's and Promtail's `-config.expand-env` have them (drone/envsubst): `:-` `:=` `=` default, `^` `^^` `,` `,,` case,
 * `:pos:len` part, `#` `##` `%` `%%` strip a pattern, `/a/b` `//a/b` `/#a/b` `/%a/b` replace, `${#NAME}` length. A bare `$NAME` stays.
 * Outside of braces `\\` is `\`, `\/` is `/` and `$$` is `$`. Throws an Error for an open brace.
 */
export function expandEnv(text: string, env: Environment): string {
  const scanner: Scanner = { text, at: 0, env };
  return scanText(scanner, '');
}

interface Scanner {
  text: string;
  at: number;
  env: Environment;
}

/** Text up to one of `stops` (which is not taken) or the end. */
function scanText(scanner: Scanner, stops: string): string {
  const { text } = scanner;
  let out = '';
  while (scanner.at < text.length) {
    const character = text[scanner.at];
    const pair = text.slice(scanner.at, scanner.at + 2);
    if (pair === '${') {
      scanner.at += 2;
      out += scanVariable(scanner);
    } else if (pair === '\\\\' || pair === '\\/' || pair === '$$') {
      out += pair[1];
      scanner.at += 2;
    } else if (stops.includes(character)) {
      return out;
    } else {
      out += character;
      scanner.at++;
    }
  }
  if (stops !== '') {
    throw new Error('missing closing brace');
  }
  return out;
}

const operators = ['^^', '^', ',,', ',', ':-', ':=', ':?', ':+', '=', ':', '##', '#', '%%', '%', '//', '/#', '/%', '/'];

/** Behind `${`. */
function scanVariable(scanner: Scanner): string {
  const { text, env } = scanner;
  if (text[scanner.at] === '#') {
    scanner.at++;
    const length = String([...(env[scanName(scanner)] ?? '')].length);
    close(scanner);
    return length;
  }
  const name = scanName(scanner);
  const operator = operators.find((candidate) => text.startsWith(candidate, scanner.at));
  if (operator === undefined) {
    close(scanner);
    return env[name] ?? '';
  }
  scanner.at += operator.length;
  const value = apply(operator, env[name] ?? '', scanner);
  close(scanner);
  return value;
}

function scanName(scanner: Scanner): string {
  const name = /^\w*/.exec(scanner.text.slice(scanner.at, scanner.at + nameLengthMax))![0];
  scanner.at += name.length;
  return name;
}

const nameLengthMax = 1_024;

function close(scanner: Scanner): void {
  if (scanner.text[scanner.at] !== '}') {
    throw new Error('missing closing brace');
  }
  scanner.at++;
}

function apply(operator: string, value: string, scanner: Scanner): string {
  switch (operator) {
    case '^^':
      return value.toUpperCase();
    case '^':
      return value.slice(0, 1).toUpperCase() + value.slice(1);
    case ',,':
      return value.toLowerCase();
    case ',':
      return value.slice(0, 1).toLowerCase() + value.slice(1);
    case ':':
      return part(value, scanner);
    case '#':
    case '##':
    case '%':
    case '%%':
      return strip(operator, value, scanText(scanner, '}'));
    case '/':
    case '//':
    case '/#':
    case '/%':
      return replace(operator, value, scanner);
    default: {
      const otherwise = scanText(scanner, '}');
      return value === '' ? otherwise : value;
    }
  }
}

function part(value: string, scanner: Scanner): string {
  const from = Number(scanText(scanner, ':}'));
  let length = Infinity;
  if (scanner.text[scanner.at] === ':') {
    scanner.at++;
    length = Number(scanText(scanner, '}'));
  }
  if (!Number.isInteger(from) || Number.isNaN(length)) {
    return value;
  }
  const start = from < 0 ? Math.max(0, value.length + from) : from;
  return value.slice(start, start + length);
}

function replace(operator: string, value: string, scanner: Scanner): string {
  const old = scanText(scanner, '/}');
  let next = '';
  if (scanner.text[scanner.at] === '/') {
    scanner.at++;
    next = scanText(scanner, '}');
  }
  switch (operator) {
    case '//':
      return value.replaceAll(old, () => next);
    case '/#':
      return value.startsWith(old) ? next + value.slice(old.length) : value;
    case '/%':
      return value.endsWith(old) ? value.slice(0, value.length - old.length) + next : value;
    default:
      return value.replace(old, () => next);
  }
}

/** Takes the shortest (or with the doubled operator the longest) start or end that matches the pattern off. */
function strip(operator: string, value: string, pattern: string): string {
  const matches = picomatch(pattern, { dot: true, bash: true });
  const atStart = operator[0] === '#';
  const lengths = Array.from({ length: value.length + 1 }, (_, i) => i);
  if (operator.length === 2) {
    lengths.reverse();
  }
  const cut = lengths.find((length) => matches(atStart ? value.slice(0, length) : value.slice(value.length - length)) || (length === pattern.length && (atStart ? value.startsWith(pattern) : value.endsWith(pattern))));
  return cut === undefined ? value : atStart ? value.slice(cut) : value.slice(0, value.length - cut);
}
