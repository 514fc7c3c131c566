import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { ByteBudget } from './byteBudget';

const waitMsMax = 1_000;
const bytesMax = 100;

mock.timers.enable({ apis: ['setTimeout'] });

/** Promises that are settled have told so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Runs steps, one after the other, and answers who was let in and who was refused (`b!`), in this order.
 * `a 60` reserves, `a relaxed` waits for room, `+5` extends, `60->40` settles, `-60` releases, `900ms` passes.
 */
async function told(...steps: string[]): Promise<string> {
  const budget = new ByteBudget(bytesMax, waitMsMax, 'things');
  const events: string[] = [];
  for (const step of steps) {
    const [who, what] = step.split(' ');
    if (what !== undefined) {
      const asked = what === 'relaxed' ? budget.relaxed() : budget.reserve(Number(what));
      asked.then(() => events.push(who), () => events.push(`${who}!`));
    } else if (step.endsWith('ms')) {
      mock.timers.tick(parseInt(step, 10));
    } else if (step.includes('->')) {
      const [reserved, known] = step.split('->').map(Number);
      budget.settle(reserved, known);
    } else if (step.startsWith('-')) {
      budget.release(-Number(step));
    } else {
      try {
        budget.extend(Number(step));
      } catch {
        events.push(`${step}!`);
      }
    }
    await settled();
  }
  return events.join(' ');
}

const cases: Array<[what: string, steps: string[], expected: string]> = [
  ['who does not fit waits', ['a 60', 'b 60', 'c 40'], 'a'],
  ['all of it can be used', ['a 60', 'b 40', 'c 1'], 'a b'],
  ['what comes free goes to who waits, in turn', ['a 60', 'b 60', 'c 40', '-60'], 'a b c'],
  ['who waited is counted as well', ['a 60', 'b 60', '-60', 'c 50', '-60'], 'a b c'],
  ['who waited and is there leaves no room for others', ['a 60', 'b 60', '-60', 'c 50'], 'a b'],
  ['who would fit waits behind who does not', ['a 60', 'b 60', 'c 10'], 'a'],
  ['more than all is all', ['a 500', '-100', 'b 100'], 'a b'],
  ['less than was foreseen lets others in', ['a 100', 'b 50', '100->40'], 'a b'],
  ['more than was foreseen keeps others out until it is gone', ['a 60', '60->150', 'b 10', '-50', '-90'], 'a b'],
  ['who holds something goes first', ['a 100', '100->150', 'b 10', 'c relaxed', '-50'], 'a c'],
  ['who waits too long is refused, and no longer in the way', ['a 60', 'b 60', '900ms', 'c 40', '100ms'], 'a c b!'],
  ['who was let in is not refused any more, nor is another in its place', ['a 100', 'b 100', '900ms', '-100', 'c 100', '200ms', '-100'], 'a b c'],
  ['more for who is there already, as long as there is room', ['a 60', '+40', '+1', 'b 10', '-10'], 'a +1! b'],
];

for (const [what, steps, expected] of cases) {
  test(`${what}: ${steps.join(', ')}`, async () => assert.equal(await told(...steps), expected));
}

test('a long queue is not made longer', async () => {
  const waiting = Array.from({ length: 257 }, (_, i) => `w${i} 1`);
  assert.equal(await told('a 100', ...waiting), 'a w256!');
});

test('exceeded is more than all, not all', async () => {
  const budget = new ByteBudget(bytesMax, waitMsMax, 'things');
  await budget.reserve(bytesMax);
  assert.equal(budget.exceeded, false);
  budget.settle(bytesMax, bytesMax + 1);
  assert.equal(budget.exceeded, true);
});
