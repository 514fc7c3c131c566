import type { TimeRange } from '@grafana/data';
import { ApiError, type LogApi } from '../api';
import { t } from '../i18n';
import { nsRangeOf } from '../query/range';
import type { Grown } from '../wire';
import { untilAborted } from './abort';

/** Patterns asked for, and shown at most. */
const askedMax = 60;
const shownMax = 12;
/** Below two standard deviations of a count, growth is noise. */
const scoreMin = 2;

export interface GrownPattern extends Grown {
  pattern: string;
}

export interface GrownAnswer {
  /** Streams that were looked at. */
  selector: string;
  patterns: GrownPattern[];
  notes: string[];
}

export interface GrownRequest {
  expr: string;
  range: TimeRange;
  signal: AbortSignal;
}

/** Which patterns of lines grew in a range, against as long a time before it? Looks at all lines of the query's streams, whatever it filters. */
export async function whichGrew({ expr, range, signal }: GrownRequest, api: LogApi): Promise<GrownAnswer> {
  const { selector, patterns, notes } = await untilAborted(api.grown(expr, nsRangeOf(range), askedMax), signal).catch((error: unknown) => {
    const isUnknownThere = error instanceof ApiError && error.status === 404;
    throw isUnknownThere ? new Error(t('grown.needsBinocle', 'This server is a Loki: only Binocle compares patterns with the time before.')) : error;
  });
  const grown = patterns.filter((one): one is GrownPattern => one.pattern !== undefined && one.score >= scoreMin);
  return { selector, patterns: grown.slice(0, shownMax), notes };
}
