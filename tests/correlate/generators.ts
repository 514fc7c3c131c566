/**
 * Made-up machines with a known cause: of many series one drives the log rate. Several writers of different style, so that a
 * ranking that suits one of them by luck is found out by the others. Everything comes from the seed.
 */

export interface Planted {
  target: { stepMs: number; start: number; values: Array<number | null> };
  series: Array<{ metric: Record<string, string>; type: 'gauge' | 'counter' | 'unknown'; values: Array<number | null> }>;
  /** Position of the cause in `series`. */
  cause: number;
  /** Steps by which the log rate follows the cause (negative: the log rate moves first). */
  lagSteps: number;
}

export interface Size {
  /** How strongly the cause drives the log rate; 1 unless told. */
  effect?: number;
  series: number;
  steps: number;
}

export class Random {
  private state: number;
  private spare: number | undefined;

  constructor(seed: number) {
    this.state = (seed * 2654435761) >>> 0;
    for (let i = 0; i < 8; i++) {
      this.next();
    }
  }

  /** Uniform in [0, 1). The generator is mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  int(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)];
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  normal(): number {
    if (this.spare !== undefined) {
      const spare = this.spare;
      this.spare = undefined;
      return spare;
    }
    const r = Math.sqrt(-2 * Math.log(1 - this.next()));
    const angle = 2 * Math.PI * this.next();
    this.spare = r * Math.sin(angle);
    return r * Math.cos(angle);
  }

  gamma(shape: number): number {
    if (shape < 1) {
      return this.gamma(shape + 1) * Math.pow(1 - this.next(), 1 / shape);
    }
    const d = shape - 1 / 3;
    for (;;) {
      const x = this.normal();
      const v = Math.pow(1 + x / Math.sqrt(9 * d), 3);
      if (v > 0 && Math.log(1 - this.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) {
        return d * v;
      }
    }
  }

  poisson(mean: number): number {
    if (!(mean > 0)) {
      return 0;
    }
    if (mean > 60) {
      return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    }
    const limit = Math.exp(-mean);
    let product = this.next();
    let n = 0;
    while (product > limit) {
      product *= this.next();
      n++;
    }
    return n;
  }

  /** Counts with a heavier tail than Poisson's: variance mean + mean² / size. */
  negativeBinomial(mean: number, size: number): number {
    return this.poisson((this.gamma(size) * mean) / size);
  }
}

type Wave = Float64Array;
const wave = (n: number, f: (i: number) => number): Wave => Float64Array.from({ length: n }, (_, i) => f(i));
const mix = (...parts: Array<[number, Wave]>): Wave => wave(parts[0][1].length, (i) => parts.reduce((sum, [weight, part]) => sum + weight * part[i], 0));

/** Autoregressive noise of unit variance. */
function red(r: Random, n: number, phi: number): Wave {
  let x = r.normal();
  const scale = Math.sqrt(1 - phi * phi);
  return wave(n, () => (x = phi * x + scale * r.normal()));
}

const white = (r: Random, n: number): Wave => wave(n, () => r.normal());

function walk(r: Random, n: number): Wave {
  let x = 0;
  return wave(n, () => (x += r.normal() / Math.sqrt(n)));
}

/** Sudden rises that die away: `perRange` of them on average. */
function bursts(r: Random, n: number, perRange: number, decay: number): Wave {
  let level = 0;
  return wave(n, () => (level = level * decay + (r.chance(perRange / n) ? r.between(0.5, 2) : 0)));
}

/** Trapezoids: an incident with its rise, its plateau and its fall. */
function incidents(r: Random, n: number, count: number, lengthMin: number, lengthMax: number): Wave {
  const out = new Float64Array(n);
  for (let k = 0; k < count; k++) {
    const length = r.int(lengthMin, lengthMax);
    const from = r.int(5, n - length - 5);
    const edge = Math.max(1, Math.floor(length * r.between(0.05, 0.4)));
    const height = r.between(0.6, 1.4);
    for (let i = 0; i < length; i++) {
      out[from + i] += height * Math.min(1, (i + 1) / edge, (length - i) / edge);
    }
  }
  return out;
}

function steps(r: Random, n: number, count: number): Wave {
  const at = Array.from({ length: count }, () => [r.int(0, n - 1), r.normal()]);
  return wave(n, (i) => at.reduce((sum, [from, height]) => sum + (i >= from ? height : 0), 0));
}

/** The day as an office sees it; `phase` in days. */
function daily(n: number, stepMs: number, phase: number, sharp = 0): Wave {
  return wave(n, (i) => {
    const angle = 2 * Math.PI * ((i * stepMs) / 86_400_000 + phase);
    const base = Math.sin(angle);
    return base + sharp * (Math.tanh(4 * base) - base) + 0.25 * Math.sin(2 * angle + 1);
  });
}

/** Spikes at equal distances, as cron and scrapes make them. */
const cron = (n: number, period: number, phase: number, width = 1): Wave => wave(n, (i) => ((i + phase) % period < width ? 1 : 0));

function shifted(x: Wave, lag: number): Wave {
  return wave(x.length, (i) => x[Math.min(Math.max(i - lag, 0), x.length - 1)]);
}

function zscore(x: Wave): Wave {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const sd = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length) || 1;
  return x.map((v) => (v - mean) / sd);
}

function withGaps(r: Random, values: Array<number | null>, share: number): Array<number | null> {
  const out = values.slice();
  let missing = share * out.length;
  while (missing > 0) {
    const length = r.chance(0.6) ? 1 : r.int(2, 20);
    const from = r.int(0, out.length - 1);
    out.fill(null, from, from + length);
    missing -= length;
  }
  return out;
}

/** A running total that grows by `rate`, begins somewhere and may restart. */
function counter(r: Random, rate: Wave, resets: number): number[] {
  let total = r.between(0, 1e6);
  return Array.from(rate, (step) => {
    total = r.chance(resets / rate.length) ? r.between(0, 1) * Math.max(step, 0) : total + Math.max(step, 0);
    return total;
  });
}

const metricNames = [
  'node_load1', 'node_load5', 'node_memory_MemAvailable_bytes', 'node_disk_io_time_seconds_total', 'node_network_receive_bytes_total',
  'node_cpu_seconds_total', 'nginx_connections_active', 'process_open_fds', 'redis_connected_clients', 'pg_stat_activity_count',
  'container_memory_rss', 'go_goroutines', 'node_filesystem_avail_bytes', 'node_context_switches_total', 'http_requests_total',
];

/** Sets out the series: the cause at a random place among distractors made by `distractor`. */
function assemble(r: Random, size: Size, stepMs: number, target: Array<number | null>, lagSteps: number,
  cause: Pick<Planted['series'][number], 'type' | 'values'>, distractor: (i: number) => Pick<Planted['series'][number], 'type' | 'values'>): Planted {
  const at = r.int(0, size.series - 1);
  const series = Array.from({ length: size.series }, (_, i) => ({
    metric: { __name__: r.pick(metricNames), instance: `web${i % 7}:9100`, series: String(i) },
    ...(i === at ? cause : distractor(i)),
  }));
  return { target: { stepMs, start: 1_763_800_000_000, values: target }, series, cause: at, lagSteps };
}

const list = (x: Wave): number[] => Array.from(x);

/** Plain: 15 s steps over three hours, independent noise, cycles, ramps, steps; Poisson counts. */
export function plain(seed: number, size: Size): Planted {
  const r = new Random(seed);
  const n = size.steps;
  const effect = size.effect ?? 1;
  const lag = r.int(0, 5);
  const driver = red(r, n, r.between(0.7, 0.95));
  const cycle = daily(n, 15_000, r.next());
  const base = r.between(20, 100);
  const target = list(shifted(driver, lag)).map((x, i) => r.poisson(base * Math.exp(0.22 * effect * x + 0.3 * cycle[i])));
  const cause = list(wave(n, (i) => 5 + driver[i] + 0.4 * r.normal()));
  return assemble(r, size, 15_000, target, lag, { type: 'gauge', values: cause }, () => {
    const kind = r.int(0, 5);
    const noise = r.between(0.1, 1);
    const x = kind === 0 ? daily(n, 15_000, r.next()) : kind === 1 ? steps(r, n, r.int(1, 4)) : kind === 2 ? wave(n, (i) => (4 * i) / n)
      : kind === 3 ? white(r, n) : kind === 4 ? red(r, n, r.between(0.5, 0.99)) : walk(r, n);
    return { type: 'gauge', values: list(mix([1, x], [noise, white(r, n)])) };
  });
}

/** A whole day at two minutes: target and most distractors share a strong cycle; cron spikes; the cause is weak beside them. */
export function sharedDay(seed: number, size: Size): Planted {
  const r = new Random(seed + 1_000_003);
  const n = size.steps;
  const effect = size.effect ?? 1;
  const stepMs = 120_000;
  const lag = r.int(-4, 6);
  const phase = r.next();
  const cycle = daily(n, stepMs, phase, r.between(0, 0.8));
  const driver = red(r, n, r.between(0.6, 0.97));
  const jobs = cron(n, 30, r.int(0, 29), 2);
  const base = r.between(40, 300);
  const moved = shifted(driver, lag);
  const target = list(wave(n, (i) => r.negativeBinomial(base * Math.exp(1.0 * cycle[i] + 0.25 * effect * moved[i] + 0.5 * jobs[i]), 25)));
  const cause = list(wave(n, (i) => 50 + 12 * cycle[i] + 8 * driver[i] + 2 * r.normal()));
  return assemble(r, size, stepMs, target, lag, { type: 'gauge', values: withGaps(r, cause, 0.02) }, () => {
    const own = r.chance(0.7) ? daily(n, stepMs, phase + 0.01 * r.normal(), r.between(0, 0.9)) : daily(n, stepMs, r.next());
    const parts: Array<[number, Wave]> = [[r.between(0.5, 3), own], [r.between(0.05, 1), red(r, n, r.between(0, 0.97))]];
    if (r.chance(0.25)) {
      parts.push([r.between(0.5, 2), cron(n, r.pick([30, 30, 15, 60]), r.int(0, 29), r.int(1, 2))]);
    }
    if (r.chance(0.15)) {
      parts.push([2, steps(r, n, 2)]);
    }
    const x = mix(...parts);
    if (r.chance(0.4)) {
      return { type: r.chance(0.7) ? 'counter' : 'unknown', values: counter(r, x.map((v) => 1000 * Math.exp(0.4 * v)), r.pick([0, 0, 1, 3])) };
    }
    return { type: 'gauge', values: list(x) };
  });
}

/** Incidents: the cause goes up two to five times for minutes, errors follow; distractors have incidents of their own. */
export function incident(seed: number, size: Size): Planted {
  const r = new Random(seed + 2_000_003);
  const n = size.steps;
  const effect = size.effect ?? 1;
  const lag = r.int(0, 8);
  const driver = incidents(r, n, r.int(2, 5), 12, 70);
  const moved = shifted(driver, lag);
  const target = list(wave(n, (i) => r.negativeBinomial(0.4 + 5 * effect * moved[i], 2) + (r.chance(0.002) ? r.int(20, 200) : 0)));
  const cause = list(wave(n, (i) => 1 + 2.5 * driver[i] + 0.3 * r.normal()));
  return assemble(r, size, 15_000, withGaps(r, target, 0.02), lag, { type: 'gauge', values: withGaps(r, cause, 0.03) }, () => {
    const kind = r.int(0, 5);
    const x = kind <= 1 ? incidents(r, n, r.int(1, 6), 10, 90) : kind === 2 ? bursts(r, n, r.int(2, 12), r.between(0.3, 0.97))
      : kind === 3 ? steps(r, n, r.int(1, 3)) : kind === 4 ? red(r, n, r.between(0.8, 0.995)) : daily(n, 15_000, r.next());
    const values = mix([2.5, x], [r.between(0.05, 0.6), white(r, n)]);
    return { type: 'gauge', values: r.chance(0.2) ? withGaps(r, list(values), 0.1) : list(values) };
  });
}

/** Families: thirty hidden factors drive all distractors in groups; the cause is a counter with resets; traffic is heavy tailed. */
export function families(seed: number, size: Size): Planted {
  const r = new Random(seed + 3_000_003);
  const n = size.steps;
  const effect = size.effect ?? 1;
  const stepMs = 30_000;
  const lag = r.int(-3, 5);
  const phase = r.next();
  const cycle = daily(n, stepMs, phase);
  const factors = Array.from({ length: 30 }, () => zscore(r.chance(0.3) ? mix([1, cycle], [0.3, red(r, n, 0.9)])
    : r.chance(0.3) ? bursts(r, n, 15, 0.8) : red(r, n, r.between(0.7, 0.99))));
  const driver = zscore(mix([1, red(r, n, 0.85)], [0.8, bursts(r, n, 20, 0.7)]));
  const moved = shifted(driver, lag);
  const target = list(wave(n, (i) => r.negativeBinomial(60 * Math.exp(0.5 * cycle[i] + 0.28 * effect * moved[i]), 6)));
  const rate = wave(n, (i) => 300 * Math.exp(0.5 * cycle[i] + 0.4 * driver[i] + 0.1 * r.normal()));
  return assemble(r, size, stepMs, target, lag, { type: 'counter', values: withGaps(r, counter(r, rate, 3), 0.02) }, (i) => {
    const x = mix([r.between(0.5, 2), factors[i % factors.length]], [r.between(0.05, 0.7), red(r, n, r.between(0, 0.9))]);
    if (r.chance(0.5)) {
      return { type: 'counter', values: counter(r, x.map((v) => 200 * Math.exp(0.5 * v)), r.pick([0, 1, 4])) };
    }
    return { type: 'gauge', values: list(x) };
  });
}

/** Threshold: errors only when a queue is nearly full; mostly nothing is logged. Distractors are skewed and bursty as well. */
export function threshold(seed: number, size: Size): Planted {
  const r = new Random(seed + 4_000_003);
  const n = size.steps;
  const effect = size.effect ?? 1;
  const lag = r.int(0, 6);
  const driver = red(r, n, r.between(0.85, 0.97)).map((v) => Math.exp(0.8 * v));
  const limit = Float64Array.from(driver).sort()[Math.floor(n * 0.88)];
  const moved = shifted(driver, lag);
  const target = list(wave(n, (i) => r.poisson(0.15 + (moved[i] > limit ? 2.5 * effect : 0)) + (r.chance(0.004) ? r.int(5, 40) : 0)));
  const cause = list(wave(n, (i) => driver[i] * Math.exp(0.15 * r.normal())));
  return assemble(r, size, 15_000, target, lag, { type: r.chance(0.5) ? 'gauge' : 'unknown', values: cause }, () => {
    const kind = r.int(0, 4);
    const x = kind === 0 ? red(r, n, r.between(0.8, 0.98)).map((v) => Math.exp(0.8 * v)) : kind === 1 ? bursts(r, n, 15, 0.85)
      : kind === 2 ? walk(r, n).map((v) => 3 * v) : kind === 3 ? cron(n, r.int(10, 60), r.int(0, 59), 2) : daily(n, 15_000, r.next());
    return { type: 'gauge', values: list(mix([1, x], [r.between(0.02, 0.5), white(r, n)])) };
  });
}

/** Falling: the cause goes down when the logs go up (free memory), slowly, under a drift that everything shares. */
export function inverse(seed: number, size: Size): Planted {
  const r = new Random(seed + 5_000_003);
  const n = size.steps;
  const effect = size.effect ?? 1;
  const stepMs = 60_000;
  const lag = r.int(-5, 5);
  const drift = wave(n, (i) => (3 * i) / n + Math.sin((4 * i) / n));
  const driver = red(r, n, r.between(0.9, 0.97));
  const moved = shifted(driver, lag);
  const target = list(wave(n, (i) => r.poisson(80 * Math.exp(0.4 * drift[i] - 0.2 * effect * moved[i]))));
  const cause = list(wave(n, (i) => 8e9 + 1e9 * (driver[i] - 0.5 * drift[i]) + 2e8 * r.normal()));
  return assemble(r, size, stepMs, target, lag, { type: 'gauge', values: cause }, () => {
    const x = mix([r.between(-2, 2), drift], [r.between(0.1, 1), red(r, n, r.between(0.5, 0.98))], [r.chance(0.2) ? 1 : 0, steps(r, n, 2)]);
    return { type: r.chance(0.1) ? 'unknown' : 'gauge', values: list(x).map((v) => 1e9 * v) };
  });
}

/** Wandering: the cause is a random walk or smooth noise, so nearly all it has is slow; half the distractors wander as well. */
export function wandering(seed: number, size: Size): Planted {
  const r = new Random(seed + 6_000_003);
  const n = size.steps;
  const effect = size.effect ?? 1;
  const stepMs = r.pick([15_000, 30_000, 60_000]);
  const lag = r.int(0, 6);
  const smooth = (width: number) => {
    const noise = white(r, n + width);
    return zscore(wave(n, (i) => noise.subarray(i, i + width).reduce((a, b) => a + b, 0)));
  };
  const driver = r.chance(0.5) ? zscore(walk(r, n)) : smooth(r.int(10, 40));
  const moved = shifted(driver, lag);
  const target = list(wave(n, (i) => r.poisson(Math.max(0, 60 + 14 * effect * moved[i] + 6 * Math.sin((2 * Math.PI * i) / n)))));
  const cause = list(wave(n, (i) => 10 + 2 * driver[i] + 0.5 * r.normal()));
  return assemble(r, size, stepMs, target, lag, { type: 'gauge', values: cause }, () => {
    const kind = r.int(0, 4);
    const x = kind === 0 ? zscore(walk(r, n)) : kind === 1 ? smooth(r.int(5, 60)) : kind === 2 ? steps(r, n, r.int(1, 3))
      : kind === 3 ? wave(n, (i) => Math.sin((2 * Math.PI * i) / (n / r.int(1, 3)) + 1)) : white(r, n);
    return { type: 'gauge', values: list(mix([2, x], [r.between(0.05, 0.8), white(r, n)])) };
  });
}

/** A tone: the cause swings at a period of its own; all distractors have other periods or none. */
export function tone(seed: number, size: Size): Planted {
  const r = new Random(seed + 7_000_003);
  const n = size.steps;
  const effect = size.effect ?? 1;
  const lag = r.int(0, 4);
  const swing = (period: number) => {
    let angle = r.between(0, 6);
    return wave(n, () => Math.sin((angle += ((2 * Math.PI) / period) * Math.exp(0.15 * r.normal()))));
  };
  const driver = swing(r.between(25, 90));
  const moved = shifted(driver, lag);
  const target = list(wave(n, (i) => r.poisson(30 * Math.exp(0.35 * effect * moved[i]))));
  const cause = list(wave(n, (i) => 10 + 2 * driver[i] + 0.5 * r.normal()));
  return assemble(r, size, 15_000, target, lag, { type: 'gauge', values: cause }, () => {
    const kind = r.int(0, 3);
    const x = kind === 0 ? daily(n, 15_000, r.next()) : kind === 1 ? swing(r.between(20, 200)) : kind === 2 ? red(r, n, 0.9) : steps(r, n, 2);
    return { type: 'gauge', values: list(mix([2, x], [r.between(0.1, 0.8), white(r, n)])) };
  });
}

/** Blunt: causes of every shape, one strong cycle of any period in everything, additive noise as strong as the effect, outliers, gaps. */
export function blunt(seed: number, size: Size): Planted {
  const r = new Random(seed + 8_000_003);
  const n = size.steps;
  const effect = size.effect ?? 1;
  const lag = r.int(-6, 10);
  const period = n / r.between(0.5, 6);
  const phase = r.between(0, 6);
  const cycle = wave(n, (i) => Math.sin((2 * Math.PI * i) / period + phase));
  let on = 0;
  const shapes: Array<() => Wave> = [
    () => white(r, n), () => red(r, n, 0.9), () => walk(r, n), () => bursts(r, n, 25, 0.6),
    () => wave(n, () => (on = r.chance(0.04) ? 1 - on : on)), () => cron(n, 41, 0, 1).map((v) => v * r.between(0, 3)),
  ];
  const driver = zscore(shapes[seed % shapes.length]());
  const moved = shifted(driver, lag);
  const target = list(wave(n, (i) => Math.max(0, Math.round(50 + 10 * (1.5 * cycle[i] + 0.6 * effect * moved[i] + 0.8 * r.normal()) + (r.chance(0.004) ? 150 : 0)))));
  const cause = list(wave(n, (i) => 3 + 2 * cycle[i] + driver[i] + 0.3 * r.normal() + (r.chance(0.003) ? 30 : 0)));
  return assemble(r, size, 15_000, withGaps(r, target, 0.03), lag, { type: 'gauge', values: withGaps(r, cause, 0.03) }, () => {
    const kind = r.next();
    const own = kind < 0.4 ? mix([r.between(1, 4), cycle]) : kind < 0.55 ? steps(r, n, r.int(1, 3)) : kind < 0.7 ? wave(n, (i) => (r.int(1, 2) * i) / n)
      : kind < 0.8 ? white(r, n) : kind < 0.95 ? mix([2, zscore(walk(r, n))]) : new Float64Array(n);
    const x = kind < 0.95 ? mix([1, own], [r.between(0.05, 0.6), white(r, n)], [r.chance(0.3) ? 0.5 : 0, red(r, n, 0.8)]) : own;
    if (r.chance(0.2)) {
      return { type: 'counter', values: counter(r, x.map((v) => 20 * Math.exp(0.3 * v)), r.int(0, 2)) };
    }
    return { type: 'gauge', values: r.chance(0.3) ? withGaps(r, list(x), 0.05) : list(x) };
  });
}

export const writers = { blunt, wandering, tone, plain, sharedDay, incident, families, threshold, inverse };
