import { isEmptyCompatible, logQueriesOf, nearest, printMatcher, printSelector, type Expr, type Matcher } from '../../src/logql';
import type { LabelsResponse } from '../../src/wire';
import { formatRfc3339Ns } from '../model/time';
import { getJson, type ServerAddress } from './client';
import type { Range } from './range';

/** Names or values that are listed when none is like the one that was asked for. */
const listedMax = 10;

/** Why a log query found no lines: the first thing in the way. Only for people, so a server that can't say costs nothing but the reason. */
export async function whyNothing(server: ServerAddress, expr: Expr, { startNs, endNs }: Range): Promise<string> {
  const { selector } = logQueriesOf(expr)[0];
  const range = { start: String(startNs), end: String(endNs) };
  const between = `from ${formatRfc3339Ns(startNs)} to ${formatRfc3339Ns(endNs)}`;
  const ask = async (path: string, params: Record<string, string> = {}): Promise<string[]> => (await getJson<LabelsResponse>(server, `/loki/api/v1/${path}`, { ...range, ...params })).data ?? [];
  try {
    const labels = await ask('labels');
    if (labels.length === 0) {
      return `no lines: there are no logs at all ${between}; --since looks further back`;
    }
    if ((await ask('labels', { query: printSelector(selector) })).length > 0) {
      return `no lines of ${printSelector(selector)} pass the filters ${between}`;
    }
    for (const matcher of selector.matchers.filter((one) => !isEmptyCompatible(one))) {
      const reason = labels.includes(matcher.name) ? await whyNotValue(matcher, () => ask(`label/${matcher.name}/values`)) : `there is no label ${matcher.name}; ${meant(matcher.name, labels)}`;
      if (reason) {
        return `no lines ${between}: ${reason}`;
      }
    }
    return `no lines: no stream has all of ${printSelector(selector)} ${between}`;
  } catch {
    // The answer was given: nothing. Only its reason stays unknown.
    return `no lines ${between}`;
  }
}

async function whyNotValue(matcher: Matcher, values: () => Promise<string[]>): Promise<string | undefined> {
  const known = matcher.op === '=' ? await values() : [];
  return matcher.op !== '=' || known.includes(matcher.value) ? undefined : `nothing has ${printMatcher(matcher)}; ${meant(matcher.value, known)}`;
}

function meant(word: string, known: string[]): string {
  const near = nearest(word, known);
  return near !== undefined ? `did you mean ${near}?` : `there is ${known.slice(0, listedMax).join(', ')}${known.length > listedMax ? ` and ${known.length - listedMax} more` : ''}`;
}
