/** A line cut into words and signs, and such tokens put together to a pattern of LogQL (`|>`). */

/** What stands for text that differs, in patterns and as a token: a number, a time, an address, an id, whose value is never looked at. */
export const wildcard = '<_>';
/** As a token: different words stood here. Written as a wildcard. */
export const anyWord = '<*>';

/** Tokens looked at; longer lines end in one wildcard. */
const tokensMax = 80;

export interface Tokens {
  /** Words, and signs such as brackets, quotes and `=`, which are tokens of their own: `user=ana` and `user=bob` share `user=`. */
  tokens: string[];
  /** The blanks before each token, then those behind the last one. */
  gaps: string[];
  /** Which tokens are words: these tell lines apart; `-`, `/path` and `***` are taken as they come. */
  words: boolean[];
}

const token = /(\s*)([^\s=,;:"'[\](){}<>|]+|[=,;:"'[\](){}<>|])/y;
const sign = /^[=,;:"'[\](){}<>|]$/;
const dateWords = new Set('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mon Tue Wed Thu Fri Sat Sun'.split(' '));

export const isSign = (text: string): boolean => sign.test(text);

const startsWithLetter = (text: string): boolean => letter.test(text);
const letter = /^\p{L}/u;

/** Numbers, times, addresses, ids, and what was no UTF-8, which no query can name. */
const isVariable = (text: string): boolean => /[\d\ufffd]/.test(text) || dateWords.has(text);

/**
 * The tokens of a line, wildcards for those that vary by nature.
 * @param cut whether the line goes on behind what is given.
 */
export function tokensOf(line: string, cut = false): Tokens {
  const tokens: string[] = [];
  const gaps: string[] = [];
  const words: boolean[] = [];
  token.lastIndex = 0;
  let at = 0;
  for (let match = token.exec(line); match && tokens.length < tokensMax; match = token.exec(line)) {
    const varies = isVariable(match[2]);
    gaps.push(match[1]);
    tokens.push(varies ? wildcard : match[2]);
    words.push(!varies && startsWithLetter(match[2]));
    at = token.lastIndex;
  }
  const rest = line.slice(at);
  if (cut || rest.trim() !== '') {
    gaps.push('', '');
    tokens.push(wildcard);
    words.push(false);
  } else {
    gaps.push(rest);
  }
  return { tokens, gaps, words };
}

/** The blanks that lines have in common at a place where they have more or fewer; a wildcard takes up the others. */
export function commonGap(a: string, b: string): string {
  const shorter = a.length < b.length ? a : b;
  const longer = a.length < b.length ? b : a;
  return longer.startsWith(shorter) && longer.endsWith(shorter) ? shorter : '';
}

/** A name in angle brackets would be a capture of the pattern; neighbours that vary read better, and have to be, one wildcard. */
const names = /<[a-zA-Z_]\w*>/g;
const neighbours = /<_>(?:(?:\s*|[:,;=])<_>)+/g;

/**
 * The pattern that takes the lines of these tokens.
 * @param uneven places where lines have more blanks, or fewer, than the gap there.
 */
export function patternOf({ tokens, gaps }: Pick<Tokens, 'tokens' | 'gaps'>, uneven: ReadonlySet<number>): string {
  const end = tokens.length;
  let text = '';
  for (let i = 0; i < end; i++) {
    // A wildcard stands for a byte at least: where some lines have no blanks it takes the token along.
    const takesAll = uneven.has(i) && gaps[i] === '' && i > 0;
    const varies = takesAll || tokens[i] === wildcard || tokens[i] === anyWord || (i === end - 1 && uneven.has(end));
    text += uneven.has(i) && i > 0 && !varies && !text.endsWith(wildcard) ? wildcard : gaps[i];
    text += varies ? wildcard : tokens[i];
  }
  text += text.endsWith(wildcard) ? '' : gaps[end];
  return text.replace(names, wildcard).replace(neighbours, wildcard);
}
