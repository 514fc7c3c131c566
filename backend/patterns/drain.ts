/**
 * Templates of log lines with `<_>` where lines differ, after Drain (He, Zhu, Zheng, Lyu: "Drain: An Online Log Parsing Approach with Fixed
 * Depth Tree", ICWS 2017): lines of equal token count and equal first tokens are compared with the templates of their group, and the most
 * similar one takes them in, or a new one is made.
 */

export const wildcard = '<_>';

/** Share of equal tokens from which a line belongs to a template. */
const similarityMin = 0.3;
/** Tokens looked at; longer lines end in one wildcard. */
const tokensMax = 80;
/** First tokens that choose the group of templates to compare with. */
const prefixTokens = 2;
/** Templates kept, and compared within a group: bounds on memory and on time per line. */
const templatesMax = 3_000;
const templatesPerGroupMax = 100;

export interface Template {
  tokens: string[];
  /** Whether a blank stood before each token. */
  blanks: boolean[];
  /** Lines by bucket. */
  counts: Map<number, number>;
  total: number;
}

export class Drain {
  private readonly groups = new Map<string, Template[]>();
  private size = 0;

  /** Counts a line in a bucket of time. */
  add(line: string, bucket: number): void {
    const { tokens, blanks } = tokenize(line);
    if (tokens.length === 0) {
      return;
    }
    const key = `${tokens.length}|${tokens.slice(0, prefixTokens).map((token) => (isVariable(token) ? wildcard : token)).join('|')}`;
    const group = this.groups.get(key) ?? [];
    const template = closest(group, tokens) ?? this.open(key, group, tokens, blanks);
    if (template) {
      merge(template, tokens);
      template.counts.set(bucket, (template.counts.get(bucket) ?? 0) + 1);
      template.total++;
    }
  }

  /** Most frequent first. */
  templates(): Template[] {
    return [...this.groups.values()].flat().sort((a, b) => b.total - a.total || (textOf(a) < textOf(b) ? -1 : 1));
  }

  private open(key: string, group: Template[], tokens: string[], blanks: boolean[]): Template | undefined {
    if (this.size >= templatesMax || group.length >= templatesPerGroupMax) {
      return undefined;
    }
    const template = { tokens: tokens.map((token) => (isVariable(token) ? wildcard : token)), blanks, counts: new Map<number, number>(), total: 0 };
    group.push(template);
    this.groups.set(key, group);
    this.size++;
    return template;
  }
}

/** The template as text; neighbouring wildcards are one, so that it is a valid pattern of LogQL. */
export function textOf({ tokens, blanks }: Pick<Template, 'tokens' | 'blanks'>): string {
  let text = '';
  tokens.forEach((token, i) => {
    const blank = blanks[i] && text !== '' ? ' ' : '';
    if (token === wildcard && blank === '' && text.endsWith(wildcard)) {
      return;
    }
    text += blank + token;
  });
  return text.replace(/<_>(?:[ ]?<_>)+/g, wildcard);
}

function closest(group: Template[], tokens: string[]): Template | undefined {
  let best: Template | undefined;
  let bestScore = similarityMin;
  for (const template of group) {
    let equal = 0;
    for (let i = 0; i < tokens.length; i++) {
      equal += template.tokens[i] === tokens[i] || (template.tokens[i] === wildcard && isVariable(tokens[i])) ? 1 : 0;
    }
    const score = equal / tokens.length;
    if (score >= bestScore && (!best || score > bestScore)) {
      best = template;
      bestScore = score;
    }
  }
  return best;
}

function merge(template: Template, tokens: string[]): void {
  for (let i = 0; i < tokens.length; i++) {
    if (template.tokens[i] !== tokens[i]) {
      template.tokens[i] = wildcard;
    }
  }
}

/** Numbers, times, addresses, ids: what is never the same twice. */
function isVariable(token: string): boolean {
  return token === wildcard || /\d/.test(token);
}

/** Words, with brackets, quotes, equals and the like as tokens of their own, so that `user=ana` and `user=bob` share `user=`. */
export function tokenize(line: string): { tokens: string[]; blanks: boolean[] } {
  const tokens: string[] = [];
  const blanks: boolean[] = [];
  const found = /(\s*)([^\s=,;:"'[\](){}<>|]+|[=,;:"'[\](){}<>|])/g;
  for (let match = found.exec(line); match; match = found.exec(line)) {
    if (tokens.length === tokensMax) {
      tokens.push(wildcard);
      blanks.push(true);
      break;
    }
    tokens.push(match[2]);
    blanks.push(match[1] !== '');
  }
  return { tokens, blanks };
}
