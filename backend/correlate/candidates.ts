import { escapeRegex, metricQuery, offerMetrics, selectorText, toMetricMatchers, type LabelMatcher, type LabelPair, type LabelSet, type MetricInfo, type OfferedMetric, type RankSeries } from '../../src/correlate';
import { classOf } from '../../src/correlate/names';
import { compileAnchored } from '../text/re2';
import type { Prometheus, RangeSeries, TimeWindow } from './prometheus';

/** Which series may have moved with some logs, fetched in a bounded number of queries. */

/** Questions to Prometheus for one ranking, and series that are compared at most. */
export const queriesMax = 40;
export const seriesMax = 1_500;
/** Series of one answer: keeps each query short, so that it can be stopped between two. */
const seriesPerQuery = 150;
const namesPerQuery = 25;
/** A metric with more series (cores times modes, disks, partitions) is asked for as a sum over each thing. */
const seriesPerMetricMax = 60;
const aggregatesMax = 12;
/** A label that takes more values in the logs than this does not narrow anything. */
const valuesMax = 50;
/** Different ways in which logs and metrics belong together (their host, their pod, their service) that are followed. */
const groupsMax = 3;

export interface Candidates {
  series: Array<RankSeries & { query: string }>;
  queries: number;
  notes: string[];
}

/**
 * Selectors of everything that belongs to these streams: one for their hosts, one for their pods, one for their services. Apart, because
 * the load of a host does not carry the name of a service.
 */
export function selectorsFor(logSets: readonly LabelSet[], pairs: readonly LabelPair[], notes: string[]): LabelMatcher[][] {
  const groups = new Map<string, LabelMatcher[]>();
  for (const pair of pairs) {
    const values = [...new Set(logSets.map((set) => set[pair.log]).filter((value) => value !== undefined && value !== ''))];
    if (values.length === 0) {
      continue;
    }
    if (values.length > valuesMax) {
      notes.push(`${pair.log} has ${values.length} values in these logs, too many to narrow the metrics by`);
      continue;
    }
    const kind = classOf(pair.log) ?? pair.log;
    const group = ['namespace', 'pod', 'container'].includes(kind) ? 'pod' : `${kind} ${pair.metric}`;
    const one = { name: pair.log, op: values.length === 1 ? ('=' as const) : ('=~' as const), value: values.length === 1 ? values[0] : values.map(escapeRegex).join('|') };
    groups.set(group, [...(groups.get(group) ?? []), ...toMetricMatchers([one], [pair], { compile: compileAnchored }).matchers]);
  }
  return [...groups.values()].slice(0, groupsMax);
}

/** @param atMs when the series are counted: the end of the range, not of its last whole step. */
export async function fetchCandidates(
  prometheus: Prometheus, selectors: readonly LabelMatcher[][], window: TimeWindow & { stepMs: number }, atMs: number, signal: AbortSignal
): Promise<Candidates> {
  const found: Candidates = { series: [], queries: 1, notes: [] };
  const metadata = await prometheus.metadata(signal).catch((error: Error) => {
    found.notes.push(`types of metrics are guessed from their names (${error.message})`);
    return new Map<string, MetricInfo>();
  });
  const seen = new Set<string>();
  for (const selector of selectors) {
    found.queries++;
    const counts = new Map((await prometheus.instant(`count by (__name__) (${selectorText(selector)})`, atMs, signal)).map(({ metric, value }) => [metric.__name__, value]));
    const fresh = [...counts.keys()].filter((name) => !seen.has(name));
    fresh.forEach((name) => seen.add(name));
    const offers = offerMetrics(fresh.map((name) => metadata.get(name) ?? metadata.get(name.replace(/_(bucket|count|sum)$/, '')) ?? { name }).map((info, i) => ({ ...info, name: fresh[i] })));
    await fetchOffers(prometheus, selector, offers, counts, window, found, signal);
  }
  if (found.series.length >= seriesMax || found.queries >= queriesMax) {
    found.notes.push(`the first ${found.series.length} series were compared, the most useful metrics first`);
  }
  return found;
}

async function fetchOffers(
  prometheus: Prometheus, selector: LabelMatcher[], offers: readonly OfferedMetric[], counts: ReadonlyMap<string, number>,
  window: TimeWindow & { stepMs: number }, found: Candidates, signal: AbortSignal
): Promise<void> {
  let batch: OfferedMetric[] = [];
  let size = 0;
  let aggregates = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0 && found.queries < queriesMax && found.series.length < seriesMax) {
      signal.throwIfAborted();
      found.queries++;
      const kinds = new Map(batch.map((offer) => [sampleName(offer), offer]));
      const names: LabelMatcher = { name: '__name__', op: '=~', value: [...kinds.keys()].map(escapeRegex).join('|') };
      const answer = await prometheus.range(selectorText([names, ...selector]), window, signal);
      found.series.push(...answer.slice(0, seriesMax - found.series.length).map((one) => asCandidate(one, kinds.get(one.metric.__name__))));
    }
    batch = [];
    size = 0;
  };
  for (const offer of offers) {
    const count = counts.get(sampleName(offer)) ?? counts.get(offer.name) ?? 1;
    if (count > seriesPerMetricMax) {
      if (aggregates++ < aggregatesMax && found.queries < queriesMax) {
        found.queries++;
        found.series.push(...(await fetchAggregate(prometheus, offer, selector, window, signal)));
      }
      continue;
    }
    if (size + count > seriesPerQuery || batch.length >= namesPerQuery) {
      await flush();
    }
    batch.push(offer);
    size += count;
  }
  await flush();
}

/** A histogram takes part by how often it was fed. */
function sampleName({ name, kind }: OfferedMetric): string {
  return kind === 'histogram' ? `${name}_count` : name;
}

function asCandidate({ metric, values }: RangeSeries, offer: OfferedMetric | undefined): RankSeries & { query: string } {
  const kind = offer?.kind ?? 'unknown';
  const labels = Object.keys(metric).filter((name) => name !== '__name__').sort().map((name): LabelMatcher => ({ name, op: '=', value: metric[name] }));
  return {
    metric, values,
    type: kind === 'counter' || kind === 'histogram' ? 'counter' : kind === 'gauge' ? 'gauge' : 'unknown',
    query: metricQuery({ name: offer?.name ?? metric.__name__, kind }, labels),
  };
}

/** One series for each thing of the selector, in place of very many. */
async function fetchAggregate(
  prometheus: Prometheus, offer: OfferedMetric, selector: LabelMatcher[], window: TimeWindow & { stepMs: number }, signal: AbortSignal
): Promise<Array<RankSeries & { query: string }>> {
  signal.throwIfAborted();
  const by = [...new Set(selector.map(({ name }) => name)), 'mode'].join(', ');
  const name = sampleName(offer);
  const counter = offer.kind === 'counter' || offer.kind === 'histogram';
  const rangeSeconds = Math.max(60, Math.ceil((4 * window.stepMs) / 1000));
  const make = (range: string) => (counter ? `sum by (${by}) (rate(${name}${selectorText(selector)}[${range}]))` : `avg by (${by}) (${name}${selectorText(selector)})`);
  const answer = await prometheus.range(make(`${rangeSeconds}s`), window, signal);
  return answer.slice(0, seriesPerMetricMax).map(({ metric, values }) => ({ metric: { __name__: name, ...metric }, values, type: 'gauge', query: make('$__rate_interval') }));
}
