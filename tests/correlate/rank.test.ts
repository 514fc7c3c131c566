import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rankSeries, type RankSeries } from '../../src/correlate';
import { Random, writers, type Planted } from './generators';

/** `BINOCLE_BENCH_SEEDS=100` runs the whole benchmark; by default a few seeds of each writer. */
const seeds = Number(process.env.BINOCLE_BENCH_SEEDS ?? 1);
const size = { series: 500, steps: 720 };

function rankOfCause(planted: Planted): { rank: number; lagRight: boolean } {
  const { ranked } = rankSeries(planted.target, planted.series);
  const at = ranked.findIndex((one) => one.metric.series === String(planted.cause));
  // The log rate follows the cause by lagSteps, so the metric moved that much earlier.
  return { rank: at < 0 ? Infinity : at + 1, lagRight: at >= 0 && Math.abs(ranked[at].lagMs + planted.lagSteps * planted.target.stepMs) <= planted.target.stepMs };
}

for (const [name, write] of Object.entries(writers)) {
  test(`a planted cause among 500 series: ${name}`, (t) => {
    let [top3, top1, lags] = [0, 0, 0];
    const missed: string[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const { rank, lagRight } = rankOfCause(write(seed, size));
      top1 += rank === 1 ? 1 : 0;
      top3 += rank <= 3 ? 1 : 0;
      lags += lagRight ? 1 : 0;
      if (rank > 3) {
        missed.push(`seed ${seed}: rank ${rank}`);
      }
    }
    t.diagnostic(`${name}: top 3 in ${top3} of ${seeds}, first in ${top1}, lag right in ${lags}${missed.length ? ` (${missed.join(', ')})` : ''}`);
    assert.ok(top3 >= Math.floor(0.95 * seeds), `the cause was among the first three in ${top3} of ${seeds} seeds only`);
  });
}

const target = (values: Array<number | null>) => ({ stepMs: 15_000, start: 0, values });
const series = (name: string, values: Array<number | null>, type: RankSeries['type'] = 'gauge'): RankSeries => ({ metric: { __name__: name, instance: 'web1:9100' }, type, values });
const noise = (seed: number, n: number) => {
  const r = new Random(seed);
  let x = 0;
  return Array.from({ length: n }, () => (x = 0.8 * x + r.normal()));
};
const shift = (values: number[], steps: number) => values.map((_, i) => values[Math.min(Math.max(i - steps, 0), values.length - 1)]);

test('the reason names the series, the lag and the correlation', () => {
  const driver = noise(1, 300);
  const { ranked } = rankSeries(target(shift(driver, 3)), [series('node_load1', driver), series('other', noise(2, 300))], { targetName: 'the errors' });
  assert.equal(ranked[0].lagMs, -45_000);
  assert.match(ranked[0].reason, /^node_load1\{instance=web1:9100\} rose 45 s before the errors, very strong agreement \(0\.9\d of 1\)$/);
  assert.ok(ranked[0].significant);
  assert.ok(ranked[0].score > 0.8);
});

test('a metric that follows the logs has a lag above zero, one that falls says so', () => {
  const driver = noise(3, 300);
  const { ranked } = rankSeries(target(driver), [series('late', shift(driver, 2).map((v) => -v))]);
  assert.equal(ranked[0].lagMs, 30_000);
  assert.ok(ranked[0].rho < -0.9);
  assert.match(ranked[0].reason, /^late\{.*\} fell 30 s after the log rate rose, very strong agreement \(0\.9/);
});

test('a counter counts as its rate, through resets and gaps', () => {
  const driver = noise(4, 400).map((v) => Math.exp(v / 2));
  let total = 1e9;
  const counter = driver.map((v, i) => (i === 200 ? (total = v) : (total += v)));
  const gappy = counter.map((v, i) => (i % 50 === 7 ? null : v));
  const { ranked } = rankSeries(target(driver), [series('noise', noise(5, 400)), series('requests_total', gappy, 'counter'), series('untyped', gappy, 'unknown')]);
  assert.equal(ranked[0].asRate, true);
  assert.equal(ranked[0].lagMs, 0);
  assert.match(ranked[0].reason, /^rate of /);
  assert.equal(ranked[0].family.length, 1, 'the same numbers without a type are the same family');
});

test('what does not move is left out and counted', () => {
  const driver = noise(6, 200);
  const ranking = rankSeries(target(driver), [
    series('constant', driver.map(() => 7)), series('uptime', driver.map((_, i) => i * 15), 'counter'), series('empty', driver.map(() => null)),
    series('short', driver.map((v, i) => (i < 20 ? v : null))), series('cause', driver),
  ]);
  assert.deepEqual(ranking.ranked.map((one) => one.metric.__name__), ['cause']);
  assert.deepEqual(ranking.skipped, { constant: 2, tooFewPoints: 2 });
  assert.equal(ranking.notes.length, 2);
});

test('series that are the same thing twice are one entry', () => {
  const driver = noise(7, 300);
  const near = driver.map((v, i) => v * 3 + 0.01 * Math.sin(i));
  const { ranked } = rankSeries(target(driver), [series('a', driver), series('b', near), series('c', noise(8, 300))]);
  assert.equal(ranked.length, 2);
  assert.equal(ranked[0].family.length, 1);
  assert.match(ranked[0].reason, /and 1 more series like it$/);
});

test('a target that says nothing is answered with the reason', () => {
  const some = [series('a', noise(9, 100))];
  assert.match(rankSeries(target([1, 2, 3]), some).notes[0], /3 points, at least 30 are needed/);
  assert.match(rankSeries(target(new Array(100).fill(0)), some).notes[0], /the same all the time/);
  assert.match(rankSeries(target([...new Array(99).fill(0), 5]), some).notes[0], /at 1 points only/);
  assert.throws(() => rankSeries({ stepMs: 0, start: 0, values: [] }, some), /stepMs/);
});

test('noise alone is rarely called significant', () => {
  const r = new Random(10);
  let alarms = 0;
  for (let run = 0; run < 10; run++) {
    const many = Array.from({ length: 60 }, (_, i) => series(`s${i}`, noise(1000 + run * 100 + i, 300)));
    const counts = Array.from({ length: 300 }, () => r.poisson(4));
    alarms += rankSeries(target(counts), many).ranked.filter((one) => one.significant).length;
  }
  assert.ok(alarms <= 2, `${alarms} false alarms in 600 series`);
});

test('the time before the range tells what is unusual inside it', () => {
  const r = new Random(11);
  const quiet = (n: number) => Array.from({ length: n }, () => r.normal());
  const jump = (values: number[]) => values.map((v, i) => (i >= 150 && i < 190 ? v + 8 : v));
  const both = [series('jumped', jump(quiet(240))), ...Array.from({ length: 20 }, (_, i) => series(`calm${i}`, quiet(240)))];
  const { ranked } = rankSeries(target(jump(quiet(240)).map((v) => Math.max(0, Math.round(5 + v)))), both, { insideFrom: 120 });
  assert.equal(ranked[0].metric.__name__, 'jumped');
  assert.ok(ranked[0].z > rankSeries(target(jump(quiet(240))), both).ranked[0].z - 3);
});

test('hostile numbers do no harm', () => {
  const driver = noise(12, 120);
  const wild = driver.map((v, i) => (i % 7 === 0 ? 1e308 : i % 11 === 0 ? -1e308 : v * 1e-300));
  const { ranked } = rankSeries(target(driver), [series('wild', wild), series('huge', driver.map((v) => v * 1e300)), series('nan', driver.map(() => NaN)), series('long', [...driver, ...driver]), series('cut', driver.slice(0, 60))]);
  for (const one of ranked) {
    assert.ok(Number.isFinite(one.score) && Number.isFinite(one.z) && Number.isFinite(one.rho), JSON.stringify(one));
  }
});
