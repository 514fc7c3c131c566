import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { SenderNames } from './senderNames';

/** Names over a resolver that answers when it is told to: `answers` holds what is being looked up. */
function slowNames(context: TestContext) {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const answers = new Map<string, (name?: string) => void>();
  const lookedUp: string[] = [];
  const names = new SenderNames((address) => {
    lookedUp.push(address);
    return new Promise((resolve) => answers.set(address, resolve));
  });
  const answer = async (address: string, name?: string): Promise<void> => {
    await new Promise(setImmediate);
    answers.get(address)!(name);
    answers.delete(address);
    await new Promise(setImmediate);
  };
  return { names, answers, lookedUp, answer, pass: (ms: number) => context.mock.timers.tick(ms) };
}

const minuteMs = 60_000;

test('names are looked up one at a time, each once', async (context) => {
  const { names, answers, lookedUp, answer } = slowNames(context);
  const found = Promise.all(['1', '2', '1', '2'].map((address) => names.of(address)));
  await new Promise(setImmediate);
  assert.deepEqual([...answers.keys()], ['1']);
  await answer('1', 'one');
  await answer('2');
  assert.deepEqual(await found, ['one', undefined, 'one', undefined]);
  assert.deepEqual([await names.of('1'), await names.of('2'), lookedUp], ['one', undefined, ['1', '2']]);
});

test('nobody waits longer than five seconds for a name; it counts from when it is known', async (context) => {
  const { names, lookedUp, answer, pass } = slowNames(context);
  const [first, second] = [names.of('1'), names.of('2')];
  pass(5_000);
  assert.deepEqual([await first, await second, await names.of('1')], [undefined, undefined, undefined]);
  await answer('1', 'one');
  assert.deepEqual([await names.of('1'), lookedUp], ['one', ['1', '2']]);
});

test('no more than a thousand addresses wait for their names or are remembered', async (context) => {
  const { names, lookedUp, answer, pass } = slowNames(context);
  const addresses = Array.from({ length: 3_000 }, (_, i) => String(i));
  const found = addresses.map((address) => names.of(address));
  assert.deepEqual(await Promise.all(found.slice(1_000)), Array(2_000).fill(undefined), 'these go on at once, without a name');
  pass(5_000);
  await Promise.all(found);
  for (const address of addresses.slice(0, 1_000)) {
    await answer(address, `n${address}`);
  }
  assert.equal(lookedUp.length, 1_000);
  void names.of('more');
  await answer('more', 'n');
  assert.deepEqual([await names.of('1'), lookedUp.length], ['n1', 1_001]);
  void names.of('0');
  await answer('0');
  assert.equal(lookedUp.length, 1_002, 'the oldest made room');
});

test('a name is looked up again after a while, a missing one sooner; the old one counts meanwhile, and when the resolver is away', async (context) => {
  const { names, lookedUp, answer, pass } = slowNames(context);
  void names.of('1');
  void names.of('2');
  await answer('1', 'one');
  await answer('2');
  pass(minuteMs + 1);
  assert.deepEqual([await names.of('1'), lookedUp.length], ['one', 2]);
  const second = names.of('2');
  await answer('2', 'two');
  assert.deepEqual([await second, lookedUp.length], [undefined, 3]);
  pass(10 * minuteMs);
  assert.equal(await names.of('1'), 'one');
  await answer('1');
  assert.equal(await names.of('1'), 'one');
  pass(minuteMs + 1);
  void names.of('1');
  await answer('1', 'renamed');
  assert.equal(await names.of('1'), 'renamed');
});
