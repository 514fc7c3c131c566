import type { VariableQuery } from '../query/variable';
import { MinuteLog } from './testLog';
import { findValues, LogVariableSupport } from './variables';

test('names of labels, values and streams', async () => {
  const api = new MinuteLog();
  const range = { startNs: '1', endNs: '2' };
  const replace = (text: string) => text.replace('$host', 'web1');
  expect(await findValues(new LogVariableSupport(api, replace).getDefaultQuery() as unknown as VariableQuery, range, api, replace)).toEqual([{ text: 'job' }, { text: 'host' }]);
  expect(await findValues('label_names()', range, api, replace)).toEqual([{ text: 'job' }, { text: 'host' }]);
  expect(await findValues({ refId: 'x', type: 1, label: 'job', stream: '{host="$host"}' }, range, api, replace)).toEqual([{ text: 'job {host="web1"}' }]);
  expect(await findValues('{a="b"}', range, api, replace)).toEqual([{ text: '{host="a", job="x"}' }]);
  const series = jest.spyOn(api, 'series');
  await findValues({ refId: 'x', type: 2 }, range, api, replace);
  expect(series).toHaveBeenCalledWith([], range);
});
