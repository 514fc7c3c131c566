import type { HistoryItem } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

/** Queries run before, kept in the browser as Explore's history is. */
const key = 'binocle.preview.history';
const keptMax = 20;

export function recentQueries(): HistoryItem[] {
  return JSON.parse(localStorage.getItem(key) ?? '[]');
}

/** Puts a query on top of the history, and answers all of it. */
export function rememberQuery(query: DataQuery): HistoryItem[] {
  const text = JSON.stringify(query);
  const all = [{ ts: Date.now(), query }, ...recentQueries().filter((item) => JSON.stringify(item.query) !== text)].slice(0, keptMax);
  localStorage.setItem(key, JSON.stringify(all));
  return all;
}
