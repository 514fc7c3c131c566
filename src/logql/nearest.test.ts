import { nearest } from './nearest';

test.each([
  ['prot', ['port', 'host'], 'port'],
  ['sinc', ['since', 'step'], 'since'],
  ['nginxlog', ['varlogs', 'nginxlogs'], 'nginxlogs'],
  ['retension_perod', ['retention_period'], 'retention_period'],
  ['retention_perod', ['retention_stream', 'retention_period'], 'retention_period'],
  ['JOB', ['job'], 'job'],
  ['grpc_listen_port', ['http_listen_port'], undefined],
  ['web1', ['db9'], undefined],
  ['retensionperiodd', ['retention_period'], undefined],
  ['job', ['job'], undefined],
])('%s among %j', (word, candidates, meant) => {
  expect(nearest(word, candidates)).toBe(meant);
});
