import { LoadingState, type DataQueryRequest } from '@grafana/data';
import { lastValueFrom, of, toArray } from 'rxjs';
import type { Query } from '../query/model';
import { supplementaryData, supplementaryRequest } from './supplementary';
import { hour, requestFor } from './testLog';

test('a query that is hidden has no histogram', () => {
  expect(supplementaryRequest('LogsVolume' as never, requestFor({ hide: true }))).toBeUndefined();
});

test('Grafana gets the histogram in wide bars, with the query it belongs to, and is told that it loads', async () => {
  let asked: DataQueryRequest<Query> | undefined;
  const request = requestFor({}, 24 * hour);
  const provider = supplementaryData('LogsVolume' as never, request, (part) => {
    asked = part;
    return of({ data: [{ refId: 'log-volume-A', fields: [], length: 0, meta: { custom: { logsVolumeType: 'FullRange' } } }] });
  })!;
  const [first, { data }] = await lastValueFrom(provider.pipe(toArray()));
  expect(first).toEqual({ data: [], state: LoadingState.Loading });
  expect(data[0].meta.custom).toEqual({ logsVolumeType: 'FullRange', sourceQuery: request.targets[0] });
  expect(asked?.intervalMs).toBe(1_800_000);
  expect(asked?.targets[0].refId).toBe('log-volume-A');
  expect(supplementaryData('LogsSample' as never, request, () => of({ data: [] }))).toBeUndefined();
  expect(supplementaryData('LogsVolume' as never, requestFor({ expr: 'rate({job="x"}[5m])' }), () => of({ data: [] }))).toBeUndefined();
});
