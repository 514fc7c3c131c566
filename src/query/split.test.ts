import { partMsOf, partsMax, splitLogs, splitMetric, type Part } from './split';

const day = 86_400_000;

test('a short range stays whole', () => {
  expect(splitLogs({ fromMs: 5, toMs: 100 }, day, 'backward')).toEqual([{ fromMs: 5, toMs: 100 }]);
  expect(splitMetric({ fromMs: 100, toMs: 1000 }, 100, day)).toEqual([{ fromMs: 100, toMs: 1000 }]);
});

test.each(['backward', 'forward'] as const)('parts of lines touch and cover, %s', (direction) => {
  const range = { fromMs: 12_345, toMs: 12_345 + 3.5 * day };
  const parts = splitLogs(range, day, direction);
  const ordered = direction === 'forward' ? parts : [...parts].reverse();
  expect(parts).toHaveLength(4);
  expect(ordered[0].fromMs).toBe(range.fromMs);
  expect(ordered[3].toMs).toBe(range.toMs);
  ordered.slice(1).forEach((part, index) => expect(part.fromMs).toBe(ordered[index].toMs));
});

/** Every point the server would answer for inclusive, aligned parts. */
function pointsOf(parts: Part[], stepMs: number): number[] {
  return parts.flatMap(({ fromMs, toMs }) => Array.from({ length: Math.floor((toMs - fromMs) / stepMs) + 1 }, (_, index) => fromMs + index * stepMs)).sort((a, b) => a - b);
}

test.each([
  [15_000, 3 * day + 7],
  [60_000, 10 * day],
  [7 * 3_600_000, 5 * day],
  [2 * day, 30 * day],
  [1000, day + 1],
])('step %d over %d ms asks for every point once', (stepMs, lengthMs) => {
  const fromMs = 1_763_800_000_123;
  const points = pointsOf(splitMetric({ fromMs, toMs: fromMs + lengthMs }, stepMs, day), stepMs);
  const first = Math.floor(fromMs / stepMs) * stepMs;
  const last = Math.ceil((fromMs + lengthMs) / stepMs) * stepMs;
  expect(points).toEqual(Array.from({ length: (last - first) / stepMs + 1 }, (_, index) => first + index * stepMs));
});

test('never more parts than the bound', () => {
  expect(splitLogs({ fromMs: 0, toMs: 3650 * day }, day, 'backward').length).toBeLessThanOrEqual(partsMax + 1);
  expect(splitMetric({ fromMs: 0, toMs: 3650 * day }, 60_000, day).length).toBeLessThanOrEqual(partsMax + 1);
});

test.each([
  [undefined, day],
  ['', day],
  ['12h', day / 2],
  ['0', 0],
  ['nonsense', day],
])('split duration %s', (text, expected) => {
  expect(partMsOf(text)).toBe(expected);
});
