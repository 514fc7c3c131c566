import React, { useEffect, useState } from 'react';
import { plural, t } from '../i18n';
import { logQueriesOf, formatBytes, printMatcher, type Expr } from '../logql';
import { parsed } from '../query/kind';
import { selectorText } from '../query/selector';
import { FixButton } from './FixButton';
import type { LabelSource } from './LabelSource';
import { findMistaken, repaired, type Mistaken } from './mistaken';

interface Props {
  expr: string;
  source: LabelSource;
  /** Takes the repaired query; left out where it can't be repaired, because what is shown is not what is written. */
  onFix?(expr: string): void;
}

interface Known {
  expr: string;
  text: string;
  mistaken?: Mistaken;
}

/** What a query will read, before it runs, or what in it stands for nothing. Says nothing while it can't know. */
export function QuerySize({ expr, source, onFix }: Props) {
  const [{ text, mistaken, ...known }, setKnown] = useState<Known>({ expr: '', text: '' });
  useEffect(() => {
    let left = false;
    const tree = parsed(expr);
    const selectors = selectorsOf(tree);
    const say = (found: Omit<Known, 'expr'>) => !left && setKnown({ expr, ...found });
    if (tree && selectors.length > 0) {
      Promise.all(selectors.map((selector) => source.stats(selector)))
        .then(async (all) => say({ text: sizeText(all), mistaken: all.some(({ streams }) => streams === 0) ? await findMistaken(tree, source) : undefined }))
        .catch(() => say({ text: '' }));
    }
    return () => {
      left = true;
    };
  }, [expr, source]);
  // There from the beginning: screen readers say what changes in it.
  return (
    <span role="status" data-testid="data-testid binocle query size">
      {known.expr === expr && (mistaken ? mistakenText(mistaken) : text)}
      {known.expr === expr && mistaken?.meant && onFix && (
        <>
          {' '}
          {t('size.meant', 'Did you mean')} <FixButton onClick={() => onFix(repaired(expr, mistaken))}>{printMatcher(mistaken.meant)}</FixButton>?
        </>
      )}
    </span>
  );
}

function mistakenText({ matcher, labelKnown }: Mistaken): string {
  return labelKnown ? t('size.noValue', 'Nothing has {{matcher}} in this range.', { matcher: printMatcher(matcher) }) : t('size.noLabel', 'There is no label {{name}} in this range.', { name: matcher.name });
}

/** Selectors of a query whose values are all known; those with variables can't be asked about. */
export function selectorsOf(expr: Expr | undefined): string[] {
  const parts = expr ? logQueriesOf(expr) : [];
  const known = parts.filter(({ selector }) => selector.variable === undefined && selector.matchers.every((matcher) => !matcher.variable));
  return [...new Set(known.map(({ selector }) => selectorText(selector.matchers)))];
}

function sizeText(all: Array<{ bytes: number; entries: number; streams: number }>): string {
  const sum = (key: 'bytes' | 'entries' | 'streams') => all.reduce((total, one) => total + one[key], 0);
  if (sum('streams') === 0) {
    return t('size.none', 'No stream matches in this range');
  }
  const lines = plural('size.lines', sum('entries'), { one: '{{count}} line', other: '{{count}} lines' });
  const streams = plural('size.streams', sum('streams'), { one: '{{count}} stream', other: '{{count}} streams' });
  return t('size.reads', 'Will read about {{bytes}}: {{lines}} of {{streams}}', { bytes: formatBytes(sum('bytes')), lines, streams });
}
