import type { AbstractQuery, DataFrame, DataQueryRequest } from '@grafana/data';
import { from, map, mergeMap, of, type Observable } from 'rxjs';
import { importAbstract, metricQuery, toAbstract, type LabelMatcher, type LabelPair } from '../correlate';
import type { NsRange } from '../api';
import { nsRangeOf } from '../query/range';
import { escapeQuoted } from '../query/interpolate';
import { carriedMatchers } from '../query/carry';
import type { Query } from '../query/model';
import type { Prepared } from '../query/prepare';
import { leadingMetrics, type MetricLinks } from '../frames/metricLinks';
import type { MovedAnswer, MovedRequest } from './moved';
import { ask, discoverMap, metricsFor, prometheusSource } from './prometheus';
import type { Environment } from './environment';
import { t } from '../i18n';
import type { GrownAnswer, GrownRequest } from './grown';

/** What was found out about the metric side is looked up anew after this time. */
const keepMs = 5 * 60_000;

interface Kept {
  at: number;
  map?: Promise<readonly LabelPair[]>;
  links?: Promise<MetricLinks | undefined>;
}

const kept = new WeakMap<Environment, Kept>();

function keptOf(environment: Environment): Kept {
  const known = kept.get(environment);
  if (known && Date.now() - known.at < keepMs) {
    return known;
  }
  const fresh: Kept = { at: Date.now() };
  kept.set(environment, fresh);
  return fresh;
}

/** The label map of a data source: as configured, else as found by comparing both sides. Empty without a Prometheus source. */
export function labelMap(environment: Environment, range: NsRange): Promise<readonly LabelPair[]> {
  const { correlation, prometheusUid } = environment.settings;
  // A row that was added and never filled in says nothing, and must not keep the map from being found.
  const written = (correlation?.pairs ?? []).filter(({ log, metric }) => log && metric);
  if (written.length > 0) {
    return Promise.resolve(written);
  }
  if (!prometheusUid) {
    return Promise.resolve([]);
  }
  const known = keptOf(environment);
  known.map ??= prometheusSource(prometheusUid)
    .then((source) => discoverMap(environment.api, source, range))
    .then((pairs) => {
      if (pairs.length === 0) {
        // A Prometheus that has only just started knows nothing yet: ask again with the next query.
        kept.delete(environment);
      }
      return pairs;
    })
    .catch((error: unknown) => {
      kept.delete(environment);
      throw error;
    });
  return known.map;
}

/** Where lines can lead to; undefined when there is nothing to lead to. */
export function metricLinks(environment: Environment, range: NsRange): Promise<MetricLinks | undefined> {
  const { prometheusUid } = environment.settings;
  if (!prometheusUid) {
    return Promise.resolve(undefined);
  }
  const known = keptOf(environment);
  known.links ??= findLinks(environment, prometheusUid, range).catch((error: unknown) => {
    kept.delete(environment);
    throw error;
  });
  return known.links;
}

async function findLinks(environment: Environment, uid: string, range: NsRange): Promise<MetricLinks | undefined> {
  const [source, pairs] = await Promise.all([prometheusSource(uid), labelMap(environment, range)]);
  if (pairs.length === 0) {
    return undefined;
  }
  const carriers: LabelMatcher[] = [{ name: pairs[0].metric, op: '!=', value: '' }];
  const metrics = leadingMetrics(await metricsFor(source, carriers, range));
  return { uid, name: source.name, map: pairs, metrics };
}

/** Queries of another data source as ours: their matchers, through the map in reverse. */
export async function importQueries(queries: AbstractQuery[], environment: Environment): Promise<Query[]> {
  const range = nsRangeOf(undefined);
  const [pairs, known] = await Promise.all([labelMap(environment, range).catch(() => []), environment.api.labels(range).catch(() => [])]);
  const options = { known: known.length > 0 ? new Set(known) : undefined };
  return queries.map((query) => {
    const { labelMatchers } = importAbstract(query, pairs, options);
    const matchers = labelMatchers.map(({ name, operator, value }) => `${name}${signs[operator]}"${escapeQuoted(value)}"`);
    return { refId: query.refId, expr: matchers.length > 0 ? `{${matchers.join(', ')}}` : '', queryType: 'range' };
  });
}

const signs: Record<string, string> = { Equal: '=', NotEqual: '!=', EqualRegEx: '=~', NotEqualRegEx: '!~' };

/** Our queries for another data source: with the map, and a metric's name so that Prometheus opens on one graph instead of every series. */
export async function exportQueries(queries: Query[], environment: Environment): Promise<AbstractQuery[]> {
  const range = nsRangeOf(undefined);
  const [pairs, links] = await Promise.all([labelMap(environment, range).catch(() => []), metricLinks(environment, range).catch(() => undefined)]);
  const metricName = links?.metrics.find(({ kind }) => kind === 'gauge')?.name ?? links?.metrics[0]?.name;
  return Promise.all(
    queries.map(async ({ refId, expr }) => {
      // Already carried over: the map has nothing left to do.
      const matchers = await carriedMatchers(expr, pairs, (selector) => environment.api.series([selector], range)).catch(() => []);
      const name: LabelMatcher[] = metricName ? [{ name: '__name__', op: '=', value: metricName }] : [];
      return toAbstract(refId, [...name, ...matchers]) as AbstractQuery;
    })
  );
}

/** Series shown above the lines of a query; a machine has hundreds, and they would hide the lines. */
const companionSeriesMax = 12;

/** Frames of the matched metrics of a log query, for the same range. */
export function companions(query: Prepared, request: DataQueryRequest<Query>, environment: Environment): Observable<DataFrame[]> {
  const range = nsRangeOf(request.range);
  return from(metricLinks(environment, range)).pipe(
    mergeMap(async (links) => ({ links, matchers: links ? await carriedMatchers(query.expr, links.map, (selector) => environment.api.series([selector], range)) : [] })),
    mergeMap(({ links, matchers }) => {
      if (!links || matchers.length === 0) {
        return of([]);
      }
      // One metric that is a state of the machine, such as its load: two of different sizes share no axis.
      const metric = links.metrics.find(({ kind }) => kind === 'gauge') ?? links.metrics[0];
      const targets = metric ? [{ refId: `${query.refId}-metric`, expr: metricQuery(metric, matchers), range: true, datasource: { uid: links.uid, type: 'prometheus' } }] : [];
      const asked = { ...request, targets, requestId: `${request.requestId}-metrics` } as DataQueryRequest;
      return from(prometheusSource(links.uid).then((source) => ask(source, asked))).pipe(
        map(({ data }) => (data as DataFrame[]).slice(0, companionSeriesMax).map((frame) => ({ ...frame, meta: { ...frame.meta, preferredVisualisationType: 'graph' as const } })))
      );
    })
  );
}

/** Which metric moved with the lines of a query, by the source and the map of this data source. */
export async function movedIn(request: MovedRequest, environment: Environment): Promise<MovedAnswer> {
  const { prometheusUid } = environment.settings;
  if (!prometheusUid) {
    throw new Error(t('moved.noPrometheus', 'No Prometheus data source is chosen in the settings of this data source.'));
  }
  // Ranking is a chunk of its own: few sessions use it.
  const [{ whichMoved }, source, pairs] = await Promise.all([import('./moved'), prometheusSource(prometheusUid), labelMap(environment, nsRangeOf(request.range))]);
  const expr = environment.filled(request.expr);
  return whichMoved({ ...request, expr }, { api: environment.api, source, prometheusUid, map: pairs });
}

/** Which patterns of lines grew, of the streams of a query. */
export async function grewIn(request: GrownRequest, environment: Environment): Promise<GrownAnswer> {
  const { whichGrew } = await import('./grown');
  return whichGrew({ ...request, expr: environment.filled(request.expr) }, environment.api);
}
