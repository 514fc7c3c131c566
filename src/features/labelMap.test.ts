import type { Environment } from './environment';
import { labelMap } from './labelMap';

test('a label map that is only begun does not keep the map from being found', async () => {
  const pair = { log: 'host', metric: 'instance', rule: 'equal' as const };
  const environment = (pairs: object[]) => ({ settings: { correlation: { pairs } } }) as unknown as Environment;
  const range = { startNs: '1', endNs: '2' };
  expect(await labelMap(environment([{ log: '', metric: '', rule: 'equal' }]), range)).toEqual([]);
  expect(await labelMap(environment([{ log: '', metric: '', rule: 'equal' }, pair]), range)).toEqual([pair]);
});
