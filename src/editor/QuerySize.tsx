import React, { useEffect, useState } from 'react';
import { plural, t } from '../i18n';
import { logQueriesOf, formatBytes, type Expr } from '../logql';
import { parsed } from '../query/kind';
import { selectorText } from '../query/selector';
import type { LabelSource } from './LabelSource';

interface Props {
  expr: string;
  source: LabelSource;
}

/** What a query will read, before it runs. Says nothing while it can't know. */
export function QuerySize({ expr, source }: Props) {
  const [known, setKnown] = useState({ expr: '', text: '' });
  useEffect(() => {
    let left = false;
    const selectors = selectorsOf(parsed(expr));
    const say = (text: string) => !left && setKnown({ expr, text });
    if (selectors.length > 0) {
      Promise.all(selectors.map((selector) => source.stats(selector))).then(
        (all) => say(sizeText(all)),
        () => say('')
      );
    }
    return () => {
      left = true;
    };
  }, [expr, source]);
  return known.expr === expr && known.text ? <span data-testid="data-testid binocle query size">{known.text}</span> : null;
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
