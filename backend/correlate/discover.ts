import { findLabelMap, type LabelSet, type ProposedPair } from '../../src/correlate';
import { TooLarge } from './jsonClient';
import type { Prometheus, TimeWindow } from './prometheus';

/** Finds the label map of logs and a Prometheus without loading what may be millions of series. */

/** Up to here all series are read: a handful of machines with all their exporters. */
export const seriesWholeMax = 20_000;
/** From a larger Prometheus: this many families of metrics are looked at, one metric of each. */
const familiesMax = 60;
/** And this many series of each request, where the server knows `limit` (Prometheus 2.54 on). */
const seriesSampleMax = 20_000;
/** Label sets of logs that are compared. */
export const logSetsMax = 50_000;

export interface Discovery {
  pairs: ProposedPair[];
  logSets: number;
  metricSets: number;
  notes: string[];
}

export async function discoverMap(logSets: readonly LabelSet[], prometheus: Prometheus, window: TimeWindow, signal: AbortSignal): Promise<Discovery> {
  const notes: string[] = [];
  const metricSets = await sampleSeries(prometheus, window, notes, signal);
  const logs = logSets.slice(0, logSetsMax);
  if (logs.length < logSets.length) {
    notes.push(`of ${logSets.length} log streams the first ${logSetsMax} were compared`);
  }
  if (logs.length === 0) {
    notes.push('there are no logs in this time');
  }
  if (metricSets.length === 0) {
    notes.push('Prometheus has no series in this time');
  }
  const pairs = findLabelMap(logs, metricSets);
  if (pairs.length === 0 && logs.length > 0 && metricSets.length > 0) {
    notes.push('no label of the logs has values that a label of the metrics has as well: give the logs a label that names the machine as `instance` does');
  }
  return { pairs, logSets: logs.length, metricSets: metricSets.length, notes };
}

/** All series of a small Prometheus; of a large one those of a few telling metrics. */
async function sampleSeries(prometheus: Prometheus, window: TimeWindow, notes: string[], signal: AbortSignal): Promise<LabelSet[]> {
  const [count] = await prometheus.instant('count({__name__!=""})', window.endMs, signal);
  if ((count?.value ?? 0) <= seriesWholeMax) {
    return prometheus.series('{__name__!=""}', window, seriesSampleMax, signal);
  }
  const names = tellingMetrics(await prometheus.metricNames(window, signal));
  notes.push(`Prometheus has ${count.value} series; ${names.length} metrics stand for the rest`);
  try {
    return await prometheus.series(`{__name__=~"${names.join('|')}"}`, window, seriesSampleMax, signal);
  } catch (error) {
    if (!(error instanceof TooLarge)) {
      throw error;
    }
    notes.push('even those were too many, so only the targets themselves (up) were compared');
    return prometheus.series('up', window, seriesSampleMax, signal);
  }
}

/** One metric of each family (`node_`, `kube_pod_`, ...): the one made to describe things where there is one, else the shortest name. */
export function tellingMetrics(names: readonly string[]): string[] {
  const families = new Map<string, string>();
  const worth = (name: string) => (/_info$/.test(name) ? 0 : /_up$|_last_seen$|_state$|_status$/.test(name) ? 1 : 2) * 1000 + name.length;
  for (const name of names) {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) || /_bucket$|^ALERTS|^scrape_/.test(name)) {
      continue;
    }
    const family = name.split('_').slice(0, /^(kube|container|node)_/.test(name) ? 2 : 1).join('_');
    const best = families.get(family);
    if (best === undefined || worth(name) < worth(best)) {
      families.set(family, name);
    }
  }
  return ['up', ...[...families.values()].filter((name) => name !== 'up').sort((a, b) => worth(a) - worth(b)).slice(0, familiesMax)];
}
