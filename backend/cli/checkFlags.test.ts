import assert from 'node:assert';
import test from 'node:test';
import { checkFlags, flagsIn } from './checkFlags';
import { help } from './help';

test('flags of a help text, with the values they take', () => {
  const found = flagsIn('binocle x [--repair] --label job=NAME [--label k=v ...]\n\n  -config.file=FILE  a file\n  --port N --host H   where\n  --tail              follow\n  -o raw|jsonl');
  assert.deepStrictEqual([...found], [['repair', false], ['label', true], ['config.file', true], ['port', true], ['host', true], ['tail', false], ['o', true]]);
});

const cases: Array<[command: string, words: string[], wrong: string | undefined, withoutEffect?: string[]]> = [
  ['query', ['{a="b"}', '--since', '-5m', '--tail'], undefined],
  ['query', ['{a="b"}', '--sinc', '5m'], 'there is no flag --sinc; did you mean --since?'],
  ['query', ['{a="b"}', '--', '--sinc'], undefined],
  ['query', ['-f', '{a="b"}', '-h'], undefined],
  ['query', ['{a="b"}', '--verbose'], 'there is no flag --verbose'],
  ['query', ['{a="b"}', '--limit', '--forward'], '--limit: a value is expected'],
  ['up', ['--tail', '/a', '--tail=/b', '-agent.config.file', 'x'], undefined],
  ['up', ['--tail', '--port', '1'], '--tail: a value is expected'],
  ['serve', ['-auth.enabled', '--server.http-listen-port=1', '-help'], undefined],
  ['serve', ['-target=all', '-querier.max-concurrent', '4'], undefined, ['target', 'querier.max-concurrent']],
  ['serve', ['--unheard'], 'there is no flag --unheard'],
  ['serve', ['-metrics-namespace=loki', '-replication-factor', '3'], undefined, ['metrics-namespace', 'replication-factor']],
  ['check', ['--repair', '/data', '--store', 'x'], undefined],
  ['check', ['-config.file=x', '-config.expand-env', '/data'], undefined],
  ['import', ['--from-loki', 'http://loki:3100', '--since', '7d'], undefined],
];
for (const [command, words, wrong, withoutEffect = []] of cases) {
  test(`binocle ${command} ${words.join(' ')}`, () => assert.deepStrictEqual({ wrong: undefined, ...checkFlags(command, words, help[command]) }, { wrong, withoutEffect }));
}
