import { matchersOfStreams } from './carry';

test('labels of streams as matchers', () => {
  const map = [{ log: 'host', metric: 'instance', rule: 'without-port' as const }, { log: 'env', metric: 'env', rule: 'equal' as const }];
  expect(matchersOfStreams([{ host: 'b.c', env: 'x' }, { host: 'a' }], map)).toEqual([{ name: 'host', op: '=~', value: 'a|b\\.c' }]);
  expect(matchersOfStreams([], map)).toEqual([]);
});
