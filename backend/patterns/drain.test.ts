import assert from 'node:assert';
import test from 'node:test';
import { parseLinePattern } from '../text/pattern';
import { Drain } from './drain';

const names = 'adam bela cleo dora emil faye gwen hugo ines juri'.split(' ');

interface Case {
  what: string;
  lines: string[];
  /** `count pattern`, most frequent first. */
  patterns: string[];
}

const cases: Case[] = [
  {
    what: 'what stands before the message does not make messages alike',
    lines: ['2026-11-30 12:00:01,123 INFO [main:7] store.Blocks: opened', '2026-11-30 12:00:02,456 INFO [main:7] net.Peers: Waiting', '2026-11-30 12:00:03,789 INFO [main:8] net.Peers: Waiting'],
    patterns: ['2 <_> INFO [main:<_>] net.Peers: Waiting', '1 <_> INFO [main:<_>] store.Blocks: opened'],
  },
  {
    what: 'a time is one wildcard, with the names of its day and month',
    lines: ['[Sun Nov 29 23:59:59 2026] [notice] child 7 is ready', '[Mon Nov 30 00:00:01 2026] [notice] child 12 is ready'],
    patterns: ['2 [<_>] [notice] child <_> is ready'],
  },
  { what: 'many words at one place are names', lines: names.map((name, i) => `Setting up ${name} (1.${i}) ...`), patterns: ['10 Setting up <_> (<_>) ...'] },
  { what: 'a few are not', lines: ['session opened', 'session closed', 'session opened'], patterns: ['2 session opened', '1 session closed'] },
  {
    what: 'names in long lines are known from the second on',
    lines: ['Found block of user adam in the cache of this host', 'Found block of user bela in the cache of this host'],
    patterns: ['2 Found block of user <_> in the cache of this host'],
  },
  { what: 'two names each', lines: names.flatMap((a) => names.map((b) => `${a} met ${b}`)), patterns: ['100 <_> met <_>'] },
  { what: 'lines of one program with and without a number are two things', lines: ['{', '}', '17', 'Done', '18'], patterns: ['2 <_>', '1 Done', '1 {', '1 }'] },
  { what: 'blanks stay as they are', lines: ['12:00, Info    CBS  \tStarted 1', '12:01, Info    CBS  \tStarted 2'], patterns: ['2 <_>, Info    CBS  \tStarted <_>'] },
  { what: 'blanks that fill up', lines: ['took   5 ms', 'took 125 ms', 'Nov  9 a b', 'Nov 10 a b'], patterns: ['2 <_> a b', '2 took <_> ms'] },
  { what: 'blanks that some lines have', lines: ['all is   well', 'all is well', 'all is well '], patterns: ['3 all is <_>'] },
  { what: 'blanks behind the last word', lines: ['check pass; user unknown ', 'at 12:00:01 ', 'at 12:00:02 '], patterns: ['2 at <_>', '1 check pass; user unknown '] },
  { what: 'names in angle brackets would be captures', lines: ['mail from <ana> 1', 'mail from <ana> 2', 'a < b > c'], patterns: ['2 mail from <_>', '1 a < b > c'] },
  { what: 'templates of several layouts that read the same are one', lines: ['seen 1:2', 'seen 1:2:3', 'seen 1,5'], patterns: ['3 seen <_>'] },
  { what: 'a line of many words ends in a wildcard', lines: [`${'word '.repeat(100)}1`], patterns: [`1 ${'word '.repeat(80).trim()}<_>`] },
  { what: 'bytes that are no UTF-8', lines: ['disk na\ufffdme is full', 'disk na\ufffd\ufffdme is full'], patterns: ['2 disk <_> is full'] },
];

for (const { what, lines, patterns } of cases) {
  test(`patterns: ${what}`, () => {
    const drain = new Drain();
    lines.forEach((line) => drain.add(line, 0));
    assert.deepEqual(drain.patterns().map(({ text, total }) => `${total} ${text}`), patterns);
    for (const line of lines.filter((text) => !text.includes('\ufffd'))) {
      const bytes = Buffer.from(line);
      assert.ok(drain.patterns().some(({ text }) => parseLinePattern(text).test(bytes, 0, bytes.length)), `no pattern takes ${JSON.stringify(line)}`);
    }
  });
}

test('patterns: a line that was cut takes a wildcard', () => {
  const drain = new Drain();
  drain.add('Started serv', 0, true);
  assert.deepEqual(drain.patterns().map(({ text }) => text), ['Started serv<_>']);
});

test('patterns: lines by bucket stay with what they became part of', () => {
  const drain = new Drain();
  names.forEach((name, i) => drain.add(`Setting up ${name}`, i % 2));
  drain.patterns();
  drain.add('Setting up adam', 7);
  assert.deepEqual(drain.patterns().map(({ text, counts }) => [text, Object.fromEntries(counts)]), [['Setting up <_>', { 0: 5, 1: 5, 7: 1 }]]);
});

test('patterns: more templates than there is room for, of names and of others', () => {
  const drain = new Drain();
  const letters = (number: number): string => [...String(number)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
  for (let i = 0; i < 5_000; i++) {
    drain.add(`status installed lib-${letters(i)}`, 0);
    drain.add(`${letters(i)} ${letters(i * 7)} ${letters(i * 13)} ${letters(i * 17)}`, 0);
  }
  const [first, ...others] = drain.patterns();
  assert.deepEqual([first.text, first.total], ['status installed <_>', 5_000]);
  assert.ok(others.length <= 64, 'words that have nothing in common fill their group and no more');
});

test('patterns: what stands in no template any more leaves nothing behind', () => {
  const drain = new Drain();
  for (let i = 0; i < 3_000; i++) {
    drain.add([...i.toString(2).padStart(12, '0')].map((bit) => (bit === '1' ? 'word,' : 'word')).join(' '), 0);
  }
  assert.equal((Reflect.get(drain, 'groups') as Map<string, unknown>).size, 2_000);
});
