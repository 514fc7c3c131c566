import assert from 'node:assert';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { compare } from './compareCase';
import { type Case, readCases } from './promtailCases';
import { needsDirectory, runCase } from './runCase';

/** Cases in which the agent does better than Promtail, or chose to differ; docs/agent.md says why. */
const exceptions = new Map<string, string>([
  ['tail-renamed-file-still-matches-glob', 'a renamed file is read once'],
  ['tail-truncate-and-regrow-longer-is-missed', 'new content is read from its start'],
  ['positions-rotated-while-stopped', 'the end of the rotated file is read'],
  ['encoding-utf-16le', 'lines are cut after decoding'],
  ['encoding-utf-16be', 'lines are cut after decoding'],
  ['encoding-utf-16le-crlf', 'lines are cut after decoding'],
  ['limits-max-line-size-truncates', 'no character is cut in two'],
  ['cri-truncate-without-size', 'lines stay as they are'],
  ['structured_metadata-from-label-moves-it', 'a pair is sent once'],
  ['structured_metadata-renamed-initial-label', 'a pair is sent once'],
  ['cli-check-syntax-does-not-see-stage-errors', 'wrong stages are reported'],
  ['cli-check-syntax-no-client', 'a missing client is reported'],
  ['check-config-client-unknown-key', 'unknown keys are reported, not refused'],
  ['check-config-unknown-top-level-key', 'unknown keys are reported, not refused'],
  ['check-config-unknown-scrape-key', 'unknown keys are reported, not refused'],
  ['check-config-entry-parser-is-gone', 'unknown keys are reported, not refused'],
]);

/** No case takes a third of it. */
const caseMsMax = 60_000;

/** Cases at a time: they mostly wait. */
const atOnce = 16;

async function differences(cases: Case[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const queue = [...cases];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const observed = await Promise.race([runCase(next), wait(caseMsMax, undefined, { ref: false })]);
      const problems = observed ? compare(next, observed) : [`is not over after ${caseMsMax / 1000} s`];
      if (problems.length > 0) {
        found.set(next.name, problems);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return found;
}

for (const kind of ['pipeline', 'stdin', 'check', 'stdout', 'files'] as const) {
  test(`what Promtail did: ${kind}`, async (context) => {
    const cases = readCases().filter((candidate) => candidate.kind === kind);
    const found = await differences(cases.filter(needsDirectory));
    for (const [name, problems] of await differences(cases.filter((candidate) => !needsDirectory(candidate)))) {
      found.set(name, problems);
    }
    context.diagnostic(`${cases.length - found.size} of ${cases.length} agree`);
    const unexpected = [...found].filter(([name]) => !exceptions.has(name)).map(([name, problems]) => `${name}: ${problems.join('\n  ')}`);
    assert.deepStrictEqual(unexpected, []);
    const gone = cases.filter(({ name }) => exceptions.has(name) && !found.has(name)).map(({ name }) => name);
    assert.deepStrictEqual(gone, [], 'these agree now and are no exceptions');
  });
}
