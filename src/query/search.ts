import { goQuote, printMatcher, printStage, quoteRegex, type Stage } from '../logql';
import { parsed } from './kind';
import { narrows, selectorText, type DraftMatcher } from './selector';

/** A search without LogQL: words that must occur, words that must not, levels; upper and lower case do not matter. */
export interface Search {
  matchers: DraftMatcher[];
  /** As typed: `timeout "connection refused" -health`. */
  text: string;
  levels: string[];
  /** Stages that are neither words nor levels, such as a filter on a field, each as its text; they come behind the words. */
  more: string[];
}

/** Where a search is put to: what the server knows of levels and of streams. */
export interface SearchTarget {
  /** The label that holds levels: Binocle's own, or Loki's guess. */
  levelLabel: string;
  /** Every stream has a `service_name`, so that words can be looked for without a label: so in a Binocle and since Loki 3. */
  everywhere: boolean;
}

/** What every stream has, where streams have it at all. */
export const everyStream: DraftMatcher = { name: 'service_name', op: '=~', value: '.+' };

interface Term {
  text: string;
  exclude: boolean;
}

/** `a "b c" -d` as terms. A quote that does not end goes to the end. */
export function readTerms(text: string): Term[] {
  return [...text.matchAll(/(-?)(?:"((?:[^"\\]|\\.)*)"?|(\S+))/g)].flatMap(([, minus, quoted, word]) => {
    const term = quoted === undefined ? word : quoted.replace(/\\(.)/g, '$1');
    return term ? [{ text: term, exclude: minus === '-' }] : [];
  });
}

function writeTerm({ text, exclude }: Term): string {
  const plain = /^[^\s"-][^\s"]*$/.test(text);
  return `${exclude ? '-' : ''}${plain ? text : `"${text.replace(/["\\]/g, '\\$&')}"`}`;
}

/** The search as LogQL; empty while it looks for nothing, or names no label where one is needed. */
export function writeSearch({ matchers, text, levels, more }: Search, { levelLabel, everywhere }: SearchTarget): string {
  const chosen = matchers.filter(({ name, value }) => name !== '' && value !== '');
  const isLooking = chosen.length > 0 || readTerms(text).length > 0 || levels.length > 0 || more.length > 0;
  // Servers refuse a selector that only says what a label is not.
  const full = isLooking && everywhere && !chosen.some(narrows) ? [everyStream, ...chosen] : chosen;
  if (full.length === 0) {
    return '';
  }
  const filters = readTerms(text).map(({ text: term, exclude }) => ` ${exclude ? '!~' : '|~'} ${goQuote(`(?i)${quoteRegex(term)}`)}`);
  const level = levels.length > 0 ? ` | ${levelLabel}=~${goQuote(levels.join('|'))}` : '';
  return `${selectorText(full)}${filters.join('')}${more.map((stage) => ` ${stage}`).join('')}${level}`;
}

const noMatcher: DraftMatcher = { name: '', op: '=', value: '' };

/** A query as a search; undefined when it is none: numbers, or something with a mistake. */
export function readSearch(expr: string): Search | undefined {
  if (expr.trim() === '') {
    return { matchers: [noMatcher], text: '', levels: [], more: [] };
  }
  const found = parsed(expr);
  if (found?.kind !== 'log' || found.selector.variable !== undefined) {
    return undefined;
  }
  const terms: Term[] = [];
  let levels: string[] = [];
  const more: string[] = [];
  let isRewritten = false;
  for (const stage of found.stages) {
    // A word behind a stage that writes the line anew is looked for in what that stage wrote: it cannot move to the front.
    const term = isRewritten ? undefined : termOf(stage);
    const chosen = levels.length === 0 ? levelsOf(stage) : undefined;
    if (term) {
      terms.push(term);
    } else if (chosen) {
      levels = chosen;
    } else {
      more.push(printStage(stage));
      isRewritten ||= rewritingKinds.has(stage.kind);
    }
  }
  const matchers = found.selector.matchers.map(({ name, op, value }) => ({ name, op, value }));
  const others = matchers.filter((matcher) => printMatcher(matcher) !== printMatcher(everyStream));
  const chosen = others.some(narrows) ? matchers : others;
  return { matchers: chosen.length === 0 ? [noMatcher] : chosen, text: terms.map(writeTerm).join(' '), levels, more };
}

const rewritingKinds: ReadonlySet<Stage['kind']> = new Set<Stage['kind']>(['lineFormat', 'unpack', 'decolorize']);
const levelLabels = ['__level__', 'detected_level'];

/** The levels of a filter on levels. */
function levelsOf(stage: Stage): string[] | undefined {
  if (stage.kind !== 'labelFilter' || stage.filter.kind !== 'string' || !levelLabels.includes(stage.filter.name)) {
    return undefined;
  }
  const { op, value } = stage.filter;
  return (op === '=~' && /^[a-z]+(\|[a-z]+)*$/.test(value)) || (op === '=' && /^[a-z]+$/.test(value)) ? value.split('|') : undefined;
}

/** A line filter as a word, when it is one that a search writes. */
function termOf(stage: Stage): Term | undefined {
  if (stage.kind !== 'lineFilter' || stage.operands.length !== 1 || stage.operands[0].kind !== 'text') {
    return undefined;
  }
  const { op } = stage;
  const { value } = stage.operands[0];
  if (!value.startsWith('(?i)') || (op !== '|~' && op !== '!~')) {
    return undefined;
  }
  const text = value.slice(4).replace(/\\(\W)/g, '$1');
  return quoteRegex(text) === value.slice(4) ? { text, exclude: op === '!~' } : undefined;
}
