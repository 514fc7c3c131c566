import { dateMath, dateTime, type RawTimeRange, type TimeRange } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

/** One half of the page. */
export interface PaneState {
  uid: string;
  query: DataQuery & Record<string, unknown>;
}

/** Everything the address keeps, so that a copied address shows the same. */
export interface PageState {
  panes: PaneState[];
  from: string;
  to: string;
  theme: 'dark' | 'light';
  page: 'explore' | 'config';
}

export function readState(search: string): PageState {
  const params = new URLSearchParams(search);
  return {
    panes: readPanes(params.get('panes')),
    from: params.get('from') ?? 'now-1h',
    to: params.get('to') ?? 'now',
    theme: params.get('theme') === 'light' ? 'light' : 'dark',
    page: params.get('page') === 'config' ? 'config' : 'explore',
  };
}

function readPanes(text: string | null): PaneState[] {
  try {
    const panes = JSON.parse(text ?? '[]');
    if (Array.isArray(panes) && panes.length > 0) {
      return panes.slice(0, 2).map(({ uid, query }) => ({ uid: String(uid), query: { refId: 'A', ...query } }));
    }
  } catch {
    // An address cut short on its way through a chat: start anew.
  }
  return [{ uid: 'binocle', query: { refId: 'A', expr: '' } }];
}

export function writeState({ panes, from, to, theme, page }: PageState): string {
  const params = new URLSearchParams({ panes: JSON.stringify(panes), from, to, theme });
  if (page !== 'explore') {
    params.set('page', page);
  }
  return `?${params}`;
}

/** `now-1h` or milliseconds as a moment. */
function momentOf(text: string, roundUp: boolean) {
  return /^\d+$/.test(text) ? dateTime(Number(text)) : (dateMath.parse(text, roundUp) ?? dateTime());
}

export function timeRangeOf({ from, to }: Pick<PageState, 'from' | 'to'>): TimeRange {
  return { from: momentOf(from, false), to: momentOf(to, true), raw: { from: rawOf(from), to: rawOf(to) } };
}

function rawOf(text: string) {
  return /^\d+$/.test(text) ? dateTime(Number(text)) : text;
}

/** A range of Grafana's picker as the address keeps it. */
export function rangeTexts(raw: RawTimeRange): { from: string; to: string } {
  const text = (value: RawTimeRange['from']) => (typeof value === 'string' ? value : String(value.valueOf()));
  return { from: text(raw.from), to: text(raw.to) };
}
