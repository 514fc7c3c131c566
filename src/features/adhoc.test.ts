import { tagKeys, tagValues } from './adhoc';
import { MinuteLog } from './testLog';

test('keys and values of ad hoc filters', async () => {
  const api = new MinuteLog();
  const fill = (text: string) => text.replace('$host', 'web1');
  expect(await tagKeys(api, fill)).toEqual([{ text: 'job', group: 'Labels' }, { text: 'host', group: 'Labels' }]);
  const queries = [{ refId: 'A', expr: 'rate({job="x", host="$host"}[5m])' }];
  const detected = jest.spyOn(api, 'detectedFields');
  expect((await tagKeys(api, fill, { filters: [], queries })).at(-1)).toEqual({ text: 'status', group: 'Fields' });
  expect(detected.mock.lastCall).toEqual(['{job="x", host="web1"}', expect.anything()]);
  expect(await tagValues(api, fill, { key: 'status', filters: [], queries })).toEqual([{ text: 'status-value' }]);
  const filters = [{ key: 'job', operator: '=', value: 'x' }, { key: 'host', operator: '=', value: 'y' }, { key: 'status', operator: '=', value: '500' }];
  expect(await tagValues(api, fill, { key: 'job', filters })).toEqual([{ text: 'job {host="y"}' }]);
});
