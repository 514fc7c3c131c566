import { dateTime, type DataFrame, type TimeRange } from '@grafana/data';

const valuesOf = (frame: DataFrame, name: string): unknown[] => frame.fields.find((field) => field.name === name)?.values ?? [];

/** True when the line limit cut the last answer: there are more lines in the range. */
export function hasMore(frame: DataFrame): boolean {
  const { limit, lastPage = frame.length } = frame.meta?.custom ?? {};
  return Number(limit) > 0 && lastPage >= Number(limit);
}

/**
 * The part of a range that the lines so far leave open. Its edge is the millisecond of the last line, as Explore asks for the next page:
 * other lines of that millisecond may still be missing, so it is asked for again.
 */
export function restOf(frame: DataFrame, range: TimeRange): TimeRange {
  const times = valuesOf(frame, 'timestamp') as number[];
  const [first, last] = [times[0], times[times.length - 1]];
  const from = first <= last ? dateTime(last) : range.from;
  const to = first <= last ? range.to : dateTime(last + 1);
  return { from, to, raw: { from, to } };
}

/** A frame with the next page behind its own lines; what it has already stays out. */
export function withPage(frame: DataFrame, page: DataFrame): DataFrame {
  const known = new Set(valuesOf(frame, 'id'));
  const fresh = valuesOf(page, 'id').flatMap((id, row) => (known.has(id) ? [] : [row]));
  const fields = frame.fields.map((field) => ({ ...field, values: [...field.values, ...fresh.map((row) => valuesOf(page, field.name)[row])] }));
  return { ...frame, fields, length: frame.length + fresh.length, meta: { ...frame.meta, custom: { ...frame.meta?.custom, lastPage: page.length } } };
}
