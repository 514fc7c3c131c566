import { goQuote, quoteRegex } from '../logql';
import { parsed } from './kind';
import { selectorText, type DraftMatcher } from './selector';

/** A search without LogQL: words that must occur, words that must not, levels; upper and lower case do not matter. */
export interface Search {
  matchers: DraftMatcher[];
  /** As typed: `timeout "connection refused" -health`. */
  text: string;
  levels: string[];
}

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

/** The search as LogQL. `levelLabel` is where the server keeps levels. */
export function writeSearch({ matchers, text, levels }: Search, levelLabel: string): string {
  const full = matchers.filter(({ name, value }) => name !== '' && value !== '');
  if (full.length === 0) {
    return '';
  }
  const filters = readTerms(text).map(({ text: term, exclude }) => ` ${exclude ? '!~' : '|~'} ${goQuote(`(?i)${quoteRegex(term)}`)}`);
  const level = levels.length > 0 ? ` | ${levelLabel}=~${goQuote(levels.join('|'))}` : '';
  return `${selectorText(full)}${filters.join('')}${level}`;
}

/** A query as a search; undefined when it is more than one. */
export function readSearch(expr: string): Search | undefined {
  if (expr.trim() === '') {
    return { matchers: [{ name: '', op: '=', value: '' }], text: '', levels: [] };
  }
  const found = parsed(expr);
  if (found?.kind !== 'log' || found.selector.variable !== undefined) {
    return undefined;
  }
  const terms: Term[] = [];
  let levels: string[] = [];
  for (const stage of found.stages) {
    if (stage.kind === 'lineFilter' && stage.operands.length === 1 && stage.operands[0].kind === 'text') {
      const term = termOf(stage.op, stage.operands[0].value);
      if (!term) {
        return undefined;
      }
      terms.push(term);
    } else if (stage.kind === 'labelFilter' && stage.filter.kind === 'string' && stage.filter.op === '=~' && levelLabels.includes(stage.filter.name)) {
      levels = stage.filter.value.split('|');
    } else {
      return undefined;
    }
  }
  const matchers = found.selector.matchers.map(({ name, op, value }) => ({ name, op, value }));
  return { matchers, text: terms.map(writeTerm).join(' '), levels };
}

const levelLabels = ['__level__', 'detected_level'];

/** A line filter as a word, when it is one that a search writes. */
function termOf(op: string, value: string): Term | undefined {
  if (!value.startsWith('(?i)') || (op !== '|~' && op !== '!~')) {
    return undefined;
  }
  const text = value.slice(4).replace(/\\(\W)/g, '$1');
  return quoteRegex(text) === value.slice(4) ? { text, exclude: op === '!~' } : undefined;
}
