import { parseGoDuration } from '../../../src/logql/units';
import { formatGoFloat, parseGoFloat } from '../../text/goNumber';
import type { Entry } from '../entry';

/** An extracted value as text; undefined for null (a JSON expression that found nothing), which is no text. */
export function valueText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return formatGoFloat(value, 'f', -1);
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      return undefined;
  }
}

/** An extracted value as number: also durations (in seconds) and booleans; undefined when it is none. */
export function valueNumber(value: unknown): number | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') {
    return Number(value);
  }
  if (typeof value !== 'string') {
    return undefined;
  }
  const number = parseGoFloat(value);
  if (number.error === undefined) {
    return number.value;
  }
  const duration = parseGoDuration(value);
  return duration.ok ? duration.value / 1e9 : undefined;
}

/** What a stage with a `source` looks at: the extracted value of that name, or the line; undefined when there is nothing. */
export function inputOf(entry: Entry, source: string | undefined): string | undefined {
  return source === undefined ? entry.line : valueText(entry.extracted.get(source));
}
