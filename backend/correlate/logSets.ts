import { z } from 'zod';
import type { LabelSet } from '../../src/correlate';
import type { JsonClient } from './jsonClient';
import type { TimeWindow } from './prometheus';

const answer = z.object({ data: z.array(z.record(z.string(), z.string())).nullish().transform((data) => data ?? []) });

/** The label sets of all streams of a Binocle or a Loki. Loki wants a selector that cannot match nothing, so the labels are asked first. */
export async function fetchLogSets(loki: JsonClient, { startMs, endMs }: TimeWindow, signal: AbortSignal): Promise<LabelSet[]> {
  const time: Array<[string, string]> = [['start', `${startMs}000000`], ['end', `${endMs}000000`]];
  const names = z.object({ data: z.array(z.string()).nullish() }).parse(await loki.get('/loki/api/v1/labels', time, signal)).data ?? [];
  const matches = names.filter((name) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && !name.startsWith('__')).slice(0, labelsMax);
  if (matches.length === 0) {
    return [];
  }
  return answer.parse(await loki.get('/loki/api/v1/series', [...matches.map((name): [string, string] => ['match[]', `{${name}=~".+"}`]), ...time], signal)).data;
}

/** Selectors of one request: every stream has at least one of the commonest labels. */
const labelsMax = 50;
