import { t } from '../i18n';
import { nsRangeOf } from '../query/range';
import type { Environment } from './environment';
import type { GrownAnswer, GrownRequest } from './grown';
import { labelMap } from './labelMap';
import type { MovedAnswer, MovedRequest } from './moved';
import { prometheusSource } from './prometheus';

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
