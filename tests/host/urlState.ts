import { dateMath, dateTime, type RawTimeRange, type TimeRange } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

/** One half of the page. */
export interface PaneState {
  uid: string;
  query: DataQuery & Record<string, unknown>;
  /** The line an address points to, by its id. */
  line?: string;
}

/** Everything the address keeps, so that a copied address shows the same. */
export interface PageState {
  panes: PaneState[];
  from: string;
  to: string;
  theme: 'dark' | 'light';
  page: 'explore' | 'config' | 'dashboard';
}

/** A pane as Grafana's own Explore writes it (schema 1, since 10.1), so that links made for Grafana work here. */
interface GrafanaPane {
  datasource: string;
  queries: Array<Record<string, unknown>>;
  range?: { from: string; to: string };
  panelsState?: { logs?: { id?: string } };
}

const pages = ['explore', 'config', 'dashboard'] as const;

export function readState(search: string): PageState {
  const params = new URLSearchParams(search);
  const panes = readPanes(params.get('panes'));
  return {
    panes: panes.map(({ datasource, queries, panelsState }) => ({ uid: String(datasource), query: { refId: 'A', ...queries?.[0] }, line: panelsState?.logs?.id })),
    from: panes[0].range?.from ?? 'now-1h',
    to: panes[0].range?.to ?? 'now',
    theme: params.get('theme') === 'light' ? 'light' : 'dark',
    page: pages.find((page) => page === params.get('page')) ?? 'explore',
  };
}

function readPanes(text: string | null): GrafanaPane[] {
  try {
    const { left, right } = JSON.parse(text ?? '{}');
    if (left) {
      return right ? [left, right] : [left];
    }
  } catch {
    // An address cut short on its way through a chat: start anew.
  }
  return [{ datasource: 'binocle', queries: [{ refId: 'A', expr: '' }] }];
}

export function writeState({ panes, from, to, theme, page }: PageState): string {
  const [left, right] = panes.map(({ uid, query, line }): GrafanaPane => ({ datasource: uid, queries: [query], range: { from, to }, ...(line && { panelsState: { logs: { id: line } } }) }));
  const params = new URLSearchParams({ schemaVersion: '1', panes: JSON.stringify({ left, right }), theme });
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
