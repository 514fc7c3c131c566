import type { Hint } from '../store';
import { filterPasses, probesOf, wordsOf } from './grams';

/**
 * What the hints of a scan allow to leave out, or undefined when they allow nothing. Sound: a group it leaves out holds no
 * line that passes the hints. It sees neither case nor needles under three bytes nor `none`, so it never decides about a line.
 */
export interface Prefilter {
  /** For `grams MATCH ?`. */
  match: string;
  /** Second look, at the filter beside the group. */
  passes(filter: Uint8Array | null): boolean;
  usesFilter: boolean;
}

/** Words asked for per text: more cost more look-ups than they save blocks. */
const wordsMax = 24;
/** Texts of one hint: an alternation of more is read instead. */
const textsMax = 50;

export function prefilterOf(hints: Hint[]): Prefilter | undefined {
  const parts: string[] = [];
  const probes: number[][][] = [];
  for (const hint of hints) {
    if (hint.kind === 'none' || hint.texts.length === 0 || hint.texts.length > textsMax) {
      continue;
    }
    const texts = [...new Set(hint.texts)].map((text) => Buffer.from(text));
    if (texts.some((text) => text.length < 3)) {
      continue;
    }
    parts.push(`(${texts.map((text) => `(${thin(wordsOf(text)).join(' AND ')})`).join(' OR ')})`);
    probes.push(texts.map(probesOf));
  }
  if (parts.length === 0) {
    return undefined;
  }
  return {
    match: parts.join(' AND '),
    passes: (filter) => probes.every((texts) => texts.some((probe) => filterPasses(filter, probe))),
    usesFilter: probes.some((texts) => texts.every((probe) => probe.length > 0)),
  };
}

/** At most `wordsMax` words, spread over the text. */
function thin(words: string[]): string[] {
  const step = Math.max(1, words.length / wordsMax);
  const kept: string[] = [];
  for (let i = 0; i < words.length; i += step) {
    kept.push(words[Math.floor(i)]);
  }
  return kept;
}

/** Texts that a block's bytes must contain exactly, for a last look at the raw text before its lines are handed out. */
export function needlesOf(hints: Hint[]): Buffer[][] {
  return hints
    .filter((hint) => hint.kind === 'any' && !hint.ignoreCase && hint.texts.length > 0 && hint.texts.length <= 4 && hint.texts.every((text) => text.length > 0))
    .map((hint) => hint.texts.map((text) => Buffer.from(text)));
}
