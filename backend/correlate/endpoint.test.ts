import assert from 'node:assert/strict';
import { test } from 'node:test';
import { correlate, type CorrelateDeps, type LogSide } from './endpoint';

/** `mode=logs` over counts that are given; what is found in real lines is tested in `tests/correlate`. */

const quarterMs = 900_000;
const endMs = 1_763_800_000_000;

function depsWith(logs: Partial<LogSide>): CorrelateDeps {
  const refuse = () => Promise.reject(new Error('not asked for'));
  return { logs: { range: refuse, instant: refuse, sets: refuse, patterns: refuse, ...logs }, prometheus: () => undefined, nowMs: () => endMs };
}

function ask(parameters: Record<string, string>, logs: Partial<LogSide>) {
  const form = new URLSearchParams({ mode: 'logs', start: String(endMs - quarterMs), end: String(endMs), ...parameters });
  return correlate(form, depsWith(logs), new AbortController().signal);
}

test('the streams of a query need neither a map nor a Prometheus', async () => {
  const windows: unknown[] = [];
  const answer = await ask({ query: 'sum(rate({app="a"} |= "x" [1m]))' }, {
    instant: async (query, atMs) => {
      assert.equal(query, `count_over_time({app="a"}[${quarterMs}ms])`);
      return [{ metric: { app: 'a' }, value: atMs === endMs ? 50 : 10 }];
    },
    patterns: async (selector, asked) => {
      windows.push(selector, ...asked);
      return { lines: [10, 50], patterns: [{ pattern: 'old <_>', level: 'info', counts: [10, 10] }, { pattern: 'new <_>', level: 'error', counts: [0, 40] }] };
    },
  });
  assert.ok(answer.mode === 'logs');
  assert.deepEqual(windows, ['{app="a"}', { startMs: endMs - 2 * quarterMs, endMs: endMs - quarterMs }, { startMs: endMs - quarterMs, endMs }]);
  assert.deepEqual(answer.patterns.map(({ pattern, reason }) => `${pattern}: ${reason}`), ['new <_>: 40 lines, none before', 'old <_>: 10 lines, 10 before']);
  assert.deepEqual([answer.selector, answer.notes], ['{app="a"}', []]);
});

test('of more lines than are looked at, shares stand for all, and that is said', async () => {
  const answer = await ask({ query: '{app="a"}' }, {
    instant: async (_query, atMs) => [{ metric: {}, value: atMs === endMs ? 400_000 : 200_000 }],
    patterns: async () => ({ lines: [100_000, 100_000], patterns: [{ pattern: 'a', level: 'info', counts: [100_000, 100_000] }] }),
  });
  assert.ok(answer.mode === 'logs');
  assert.deepEqual([answer.patterns[0].before, answer.patterns[0].inside], [200_000, 400_000]);
  assert.match(answer.notes.join(), /newest 100000 lines/);
});

/** The queries that lines are counted with for a range. */
async function countedBy(range: { start: string; end: string }): Promise<string[]> {
  const asked: string[] = [];
  const instant = async (query: string) => {
    asked.push(query);
    return [];
  };
  await ask({ query: '{app="a"}', ...range }, { instant, patterns: async () => ({ lines: [0, 0], patterns: [] }) });
  return asked;
}

test('times in nanoseconds are whole milliseconds, as durations of LogQL are', async () => {
  assert.deepEqual(await countedBy({ start: '1763800000000333334', end: '1763800900000444445' }), Array(2).fill('count_over_time({app="a"}[900000ms])'));
});

test('times before now are told as everywhere', async () => {
  assert.deepEqual(await countedBy({ start: 'now-1h30m', end: 'now' }), Array(2).fill('count_over_time({app="a"}[5400000ms])'));
});

test('a query without lines is refused', async () => {
  await assert.rejects(ask({ query: 'vector(1)' }, {}), /there is no log query in it/);
});

const mapOf = (pattern: string, replacement = '$1'): string => JSON.stringify([{ log: 'host', metric: 'instance', rule: 'regex', pattern, replacement, side: 'both' }]);
const nothing: Partial<LogSide> = { instant: async () => [], patterns: async () => ({ lines: [0, 0], patterns: [] }) };

/** Which logs a series with this `instance` belongs to. */
async function logsOf(instance: string, pattern: string, replacement?: string): Promise<string> {
  const answer = await ask({ labels: JSON.stringify({ instance }), map: mapOf(pattern, replacement) }, nothing);
  assert.ok(answer.mode === 'logs');
  return answer.selector;
}

const costly: Array<[what: string, instance: string, pattern: string, replacement?: string]> = [
  ['things that may be there or not', 'a'.repeat(79), `${'.?'.repeat(40)}${'.'.repeat(40)}z`],
  ['alternatives that are the same', 'a'.repeat(40), `${'(?:.|.)'.repeat(40)}z`],
  ['repeats within bounds', 'a'.repeat(200), `${'[a-z]{0,40}'.repeat(10)}!`],
  ['repeated repeats', 'a'.repeat(40), '(a+)+b'],
  ['groups of the replacement', 'a'.repeat(2_000), 'x(.*)', '$1a$1a$1a$1b'],
];
for (const [what, instance, pattern, replacement] of costly) {
  test(`the pattern of a caller takes no time to speak of: ${what}`, async () => {
    const from = performance.now();
    assert.match(await logsOf(instance, pattern, replacement), /^\{host=~?"a+["|]/);
    assert.ok(performance.now() - from < 500, `${performance.now() - from} ms`);
  });
}

test('a pattern of a caller rewrites as in Grafana', async () => {
  assert.equal(await logsOf('web1.prod:9100', '([^.]+)\\.prod(?::[0-9]+)?', '$1'), '{host=~"web1|web1\\\\.prod(?::[0-9]+)?"}');
});

const refused: Array<[what: string, parameters: Record<string, string>, says: RegExp]> = [
  ['a pattern that is none', { labels: '{"instance":"a"}', map: mapOf('(a') }, /^the pattern of the pair host and instance is none: .*missing closing \)/],
  ['a pattern that RE2 does not know', { labels: '{"instance":"a"}', map: mapOf('(?=a)a') }, /^the pattern of the pair host and instance is none/],
  ['a pattern that is made long by counts', { labels: '{"instance":"a"}', map: mapOf('.{900}'.repeat(80)) }, /repeats too much/],
  ['labels no series has', { labels: JSON.stringify({ instance: 'a'.repeat(20_000) }) }, /values of labels may have 16384 characters/],
];
for (const [what, parameters, says] of refused) {
  test(`refused: ${what}`, async () => {
    await assert.rejects(ask(parameters, nothing), (error: Error & { status?: number }) => error.status === 400 && says.test(error.message));
  });
}
