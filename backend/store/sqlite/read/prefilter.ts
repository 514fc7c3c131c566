import type { Hint } from '../../store';
import { gramsOf, matchOf, probesOf } from '../format/grams';

/**
 * What the hints of a scan allow to leave out, or undefined when they allow nothing. Sound: a group it leaves out holds no
 * line that passes the hints. It sees neither case nor needles under three bytes nor `none`, so it never decides about a line.
 */
export interface Prefilter {
  /** For `grams MATCH ?`. */
  match: string;
  /** Conditions that the filter beside a group can tell more about: one alternative of each must pass. */
  filtered: Alternative[][];
}

/** One text of a hint. */
export interface Alternative {
  match: string;
  /** See `filterPasses`; empty when the filter knows nothing of this text. */
  probes: number[];
}

/** Trigrams asked for per text: more cost more look-ups than they save blocks. */
const gramsMax = 24;
/** Texts of one hint: an alternation of more is read instead. */
const textsMax = 50;
/** Hints that are looked up; a query of thousands of filters is told apart by its lines. */
const hintsMax = 50;

export function prefilterOf(hints: Hint[]): Prefilter | undefined {
  const conditions = hints.flatMap((hint) => alternativesOf(hint) ?? []).slice(0, hintsMax);
  if (conditions.length === 0) {
    return undefined;
  }
  return {
    match: conditions.map((alternatives) => `(${alternatives.map(({ match }) => `(${match})`).join(' OR ')})`).join(' AND '),
    filtered: conditions.filter((alternatives) => alternatives.some(({ probes }) => probes.length > 0)),
  };
}

function alternativesOf(hint: Hint): [Alternative[]] | undefined {
  if (hint.kind === 'none' || hint.texts.length === 0 || hint.texts.length > textsMax) {
    return undefined;
  }
  const texts = [...new Set(hint.texts)].map((text) => Buffer.from(text));
  if (texts.some((text) => text.length < 3)) {
    return undefined;
  }
  return [texts.map((text) => ({ match: matchOf(thin(gramsOf(text))), probes: probesOf(text) }))];
}

/** At most `gramsMax` trigrams, spread over the text. */
function thin(grams: number[]): number[] {
  const step = Math.max(1, grams.length / gramsMax);
  const kept: number[] = [];
  for (let i = 0; i < grams.length; i += step) {
    kept.push(grams[Math.floor(i)]);
  }
  return kept;
}

/** Texts that a block's bytes must contain exactly, for a last look at the raw text before its lines are handed out. */
export function needlesOf(hints: Hint[]): Buffer[][] {
  return hints
    .filter((hint) => hint.kind === 'any' && !hint.ignoreCase && hint.texts.length > 0 && hint.texts.length <= 4 && hint.texts.every((text) => text.length > 0))
    .map((hint) => hint.texts.map((text) => Buffer.from(text)));
}
