import { RequestError } from '../model/errors';
import type { QueryLimits } from '../query/budget';
import type { FragmentRunner } from '../query/fragment';
import type { QueryRequest } from '../query/request';
import { runQuery } from '../query/run';
import type { NewestDay } from '../store/store';
import { smallLimits } from './ask';
import { encodeResult } from './encode';

/**
 * V8 compiles code well only after it has run many times: the same question takes twice as long in a fresh server as in one that has
 * answered a hundred. So a server asks itself what its users will ask, once before it listens and then whenever it has little to do.
 */

const anyStream = '{service_name=~".+"}';

interface Question {
  query: string;
  limit?: number;
  /** Minutes it looks back at first. */
  minutes?: number;
}

/** Minutes that are counted cost a hundredth of lines that are read, of which a minute is enough. */
const minutesCounted = 360;

/** One question for each part of the way of an answer: the index, the newest lines, counts, parsers, numbers. What they find does not matter. */
const questions: Question[] = [
  { query: `${anyStream} |= "no line says that it warms up"` },
  { query: `${anyStream} |~ "no line says (that|why) it warms up [0-9]+"` },
  { query: anyStream },
  { query: anyStream, limit: 1_000 },
  { query: `${anyStream} |= "error"` },
  { query: `sum by (detected_level) (count_over_time(${anyStream}[1m]))`, minutes: minutesCounted },
  { query: `sum by (service_name) (count_over_time(${anyStream}[1m]))`, minutes: minutesCounted },
  { query: `sum by (detected_level) (count_over_time(${anyStream} |= "error" [5m]))` },
  { query: `sum by (level) (count_over_time(${anyStream} | json | status="500" [5m]))` },
  { query: `sum (count_over_time(${anyStream} | json | duration > 1000 [5m]))` },
  { query: `quantile_over_time(0.99, ${anyStream} | logfmt | unwrap duration(duration) [5m]) by (level)` },
];

const minuteNs = 60_000_000_000n;
const minutesMax = 1_440;
/** Before the server listens: longer is not worth waiting for. */
const startMsMax = 1_000;
/** Longest that one question may take at rest; whoever asks meanwhile waits beside it. */
const questionMsMax = 250;
/** A question that took so long is not asked over a longer range. */
const slowMs = 40;
/** What warming up at rest takes at a time, and all in all. */
const roundMsMax = 400;
const allMsMax = 3_000;
/** A day of fewer bytes has too little in it to get anything compiled: the server waits until there is more. */
const dayBytesMin = 1024 * 1024;

export interface WarmUpDeps {
  runner: FragmentRunner;
  limits: (tenant: string) => QueryLimits;
  /** Where the youngest entries lie now. */
  newest: () => NewestDay[];
  /** Nanoseconds since 1970 now. */
  now: () => bigint;
  /** Milliseconds of a clock that only goes forward. */
  clockMs: () => number;
}

/** Warms one server up. */
export class WarmUp {
  /** Minutes that each question looks back now; they double until a question is slow. */
  private readonly minutes = questions.map(({ minutes = 1 }) => minutes);
  /** Questions that were not refused; those that are refused take no time, and would be asked without end. */
  private readonly left = new Set(questions.keys());
  private next = 0;
  private tookMs = 0;

  /** @param signal ends it. */
  constructor(
    private readonly deps: WarmUpDeps,
    private readonly signal: AbortSignal
  ) {}

  /** Asks every question about its first minutes once in every thread, so that files are open and code is there. */
  async atStart(): Promise<void> {
    const signal = AbortSignal.any([this.signal, AbortSignal.timeout(startMsMax)]);
    for (const day of this.deps.newest()) {
      for (let i = 0; i < questions.length && !signal.aborted; i++) {
        // threads take turns, so as many at once as there are threads
        await Promise.all(Array.from({ length: this.deps.runner.parallel }, () => this.ask(i, day, startMsMax, signal)));
      }
    }
  }

  /** Some more questions, over longer and longer ranges. @returns whether all is done. */
  async round(): Promise<boolean> {
    const day = this.deps.newest().filter(({ bytes }) => bytes >= dayBytesMin).sort((a, b) => b.bytes - a.bytes)[0];
    const startedMs = this.deps.clockMs();
    while (day && !this.done() && this.deps.clockMs() - startedMs < roundMsMax) {
      const i = this.next++ % questions.length;
      if (!this.left.has(i)) {
        continue;
      }
      const askedMs = this.deps.clockMs();
      if (!(await this.ask(i, day, questionMsMax, this.signal))) {
        this.left.delete(i);
      }
      const ms = this.deps.clockMs() - askedMs;
      this.tookMs += ms;
      this.minutes[i] = ms < slowMs ? Math.min(2 * this.minutes[i], minutesMax) : this.minutes[i];
    }
    return this.done();
  }

  private done(): boolean {
    return this.signal.aborted || this.tookMs >= allMsMax || this.left.size === 0;
  }

  /** @returns false when it was refused, or failed for another reason than the time it takes. */
  private async ask(i: number, { tenant, startNs, endNs }: NewestDay, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const { runner } = this.deps;
    const { query, limit = 100 } = questions[i];
    const now = this.deps.now();
    // the last minute of a day that is not over has no entries yet: it ends now
    const end = startNs < now && now < endNs ? now : endNs;
    const earliest = end - BigInt(this.minutes[i]) * minuteNs;
    const request: QueryRequest = {
      kind: 'range', tenants: [tenant], query, startNs: earliest > startNs ? earliest : startNs, endNs: end, stepNs: minuteNs, limit, direction: 'backward', intervalNs: 0,
    };
    const limits = { ...this.deps.limits(tenant), timeoutMs, small: smallLimits };
    try {
      const { result, stats, warnings } = await runQuery(request, { runner, limits }, signal);
      await encodeResult(nowhere, result, stats, { flags: new Set(), direction: 'backward', warnings });
      return true;
    } catch (error) {
      // it fails again, and is said, when somebody asks
      return error instanceof RequestError && error.status === 504;
    }
  }
}

const nowhere = { write: (): undefined => undefined, end: (): Promise<void> => Promise.resolve() };
