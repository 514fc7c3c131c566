import type { LabelFilter, LineFilterStage, Stage } from '../../src/logql/ast';
import { literals, type LiteralClause } from '../../src/logql/regex';
import type { Hint, LabelHint } from '../store/store';
import { startOfAddresses } from '../text/ip';
import { parsePieces } from '../text/pattern';

/**
 * What an entry's line must contain (or not) to pass the stages, from the line filters that see the line as it is stored:
 * substrings, literals of line patterns, literals that a regex can't do without. Necessary, not sufficient.
 */
export function leadingHints(stages: readonly Stage[]): Hint[] {
  return distinctHints(stagesOnStoredLine(stages).flatMap((stage) => (stage.kind === 'lineFilter' ? lineFilterHints(stage) : [])));
}

/** Each hint is searched in all that is read; more than so many leave nothing for the next one to find. */
const hintsMax = 64;

/** A query made by a program may repeat a filter thousands of times. */
function distinctHints(hints: Hint[]): Hint[] {
  const byText = new Map(hints.map((hint) => [JSON.stringify(hint), hint]));
  return [...byText.values()].slice(0, hintsMax);
}

/**
 * What a line must contain so that a parser can find a value that a later label filter asks for: `| json | status="500"` needs
 * `500`, or a backslash, since JSON and quoted logfmt may write any character as an escape.
 */
export function labelHints(stages: readonly Stage[]): LabelHint[] {
  const hints: LabelHint[] = [];
  let parsed = false;
  for (const stage of stagesOnStoredLine(stages)) {
    switch (stage.kind) {
      case 'json':
      case 'logfmt':
      case 'regexp':
      case 'pattern':
        parsed = true;
        break;
      case 'labelFilter':
        if (parsed) {
          hints.push(...filterHints(stage.filter));
        }
        break;
      // A label may be written here, or an entry's fate depend on those before it.
      case 'labelFormat':
      case 'distinct':
        return hints;
    }
  }
  return hints;
}

/** The stages up to the first that changes the line. */
function stagesOnStoredLine(stages: readonly Stage[]): readonly Stage[] {
  const change = stages.findIndex((stage) => stage.kind === 'lineFormat' || stage.kind === 'unpack' || stage.kind === 'decolorize' || stage.kind === 'distinct');
  return change < 0 ? stages : stages.slice(0, change);
}

function lineFilterHints({ op, operands }: LineFilterStage): Hint[] {
  if (op !== '|=' && operands.some(({ kind }) => kind === 'ip')) {
    return [];
  }
  const texts = operands.map(({ kind, value }) => (kind === 'ip' ? startOfAddresses(value) : value));
  switch (op) {
    case '|=':
      return texts.includes('') ? [] : [{ kind: 'any', texts, ignoreCase: false }];
    case '!=':
      return texts.includes('') ? [] : [{ kind: 'none', texts, ignoreCase: false }];
    case '|~':
      return together(texts.map((text) => literals(text).flatMap(clauseHint)));
    case '|>':
      return together(texts.map((text) => parsePieces(text).flatMap((piece) => ('literal' in piece ? anyOf([piece.literal.toString('utf8')]) : []))));
    default:
      return [];
  }
}

type AnyHint = Extract<Hint, { kind: 'any' }>;

const anyOf = (texts: string[]): AnyHint[] => [{ kind: 'any', texts, ignoreCase: false }];

/** One operand: all of its hints. Several: one of them must match, so the longest hint of each, together. */
function together(operands: AnyHint[][]): Hint[] {
  if (operands.length === 1) {
    return operands[0];
  }
  const best = operands.map((hints) => [...hints].sort((a, b) => shortest(b) - shortest(a)).at(0));
  const complete = best.filter((hint) => hint !== undefined);
  if (complete.length < best.length || new Set(complete.map(({ ignoreCase }) => ignoreCase)).size > 1) {
    return [];
  }
  return [{ kind: 'any', texts: complete.flatMap(({ texts }) => texts), ignoreCase: complete[0].ignoreCase }];
}

const shortest = ({ texts }: AnyHint): number => Math.min(...texts.map((text) => text.length));

/** A clause of a regex as a hint. Without case, only what folds as ASCII does is kept: `k` and `s` have relatives beyond it. */
function clauseHint({ any, ignoreCase }: LiteralClause): AnyHint[] {
  const texts = any.map((text) => longestRun(text, ignoreCase ? /[^\x00-\x7f]|[kKsS\uFFFD]/u : /[\uFFFD\ud800-\udfff]/));
  return texts.includes('') ? [] : [{ kind: 'any', texts, ignoreCase }];
}

/** The longest stretch of a text without the separators. */
function longestRun(text: string, separators: RegExp): string {
  return text.split(separators).reduce((longest, run) => (run.length > longest.length ? run : longest), '');
}

/** Labels that neither a line nor the store brings. `__tenant_id__` is put on streams above the store. */
const writtenElsewhere = new Set(['__error__', '__error_details__', '__preserve_error__', '__level__', '__tenant_id__']);

/** Conditions that all hold when the filter holds. */
function filterHints(filter: LabelFilter): LabelHint[] {
  switch (filter.kind) {
    case 'and':
      return [...filterHints(filter.left), ...filterHints(filter.right)];
    case 'string': {
      if (writtenElsewhere.has(filter.name)) {
        return [];
      }
      const clauses = filter.op === '=' ? [{ any: [filter.value], ignoreCase: false }] : filter.op === '=~' ? literals(filter.value) : [];
      return clauses.flatMap((clause) => valueHint(filter.name, clause));
    }
    default:
      return [];
  }
}

/**
 * Unreadable bytes of a line are spaces in a value, so a stretch without spaces is what must be in the line: as it is, or with an
 * escape. JSON and quoted logfmt may write any character as an escape, but those that have no letter of their own only as `\u00..`,
 * and a text of three bytes or more can be looked up in an index.
 */
function valueHint(label: string, { any, ignoreCase }: LiteralClause): LabelHint[] {
  const [stretches, unescaped] = [/ /, /[^!-~]|["'/\\]/u].map((separators) => any.map((text) => longestRun(text, separators)));
  const escapedAs = (texts: string[], escape: string): LabelHint[] =>
    clauseHint({ any: texts, ignoreCase }).map((hint) => ({ label, hint: { ...hint, texts: [...hint.texts, escape] } }));
  const exact = unescaped.every((text, i) => text === stretches[i]);
  return [...escapedAs(unescaped, '\\u00'), ...(exact ? [] : escapedAs(stretches, '\\'))];
}
