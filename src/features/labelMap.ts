import type { NsRange } from '../api';
import type { LabelMatcher, LabelPair } from '../correlate';
import { leadingMetrics, type MetricLinks } from '../frames/metricLinks';
import type { Environment } from './environment';
import { discoverMap, metricsFor, prometheusSource } from './prometheus';

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
