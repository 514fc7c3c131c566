import { Bug } from '../../model/errors';
import { packSets, readSets, type EntrySet } from '../entrySets';
import type { Execution } from '../execution';
import type { LogFragmentResult } from '../fragment';
import { inOrder } from './inOrder';
import type { LogPlan } from '../plan/plan';
import type { ResultStream, StreamsResult } from '../result';
import { cutTime } from '../plan/rules/cutTime';
import { keepShape } from '../../runtime/shapes';
import type { TimeRange } from '../../store/store';

/**
 * Bytes of lines that a log query reads in one thread before it is cut for several: most queries are done by then, and for those a
 * second thread would read in vain.
 */
const pauseBytes = 8 * 1024 * 1024;

/** Runs the fragments of a log query, nearest first, until there are `limit` entries. */
export async function readLogs(plan: LogPlan, execution: Execution): Promise<StreamsResult> {
  const gathered = new Gathered(plan.limit);
  if (plan.limit > 0 && plan.startNs < plan.endNs) {
    const { parallel } = execution.runner;
    const pauses = parallel > 1 && canBeCut(plan);
    const rest = gathered.add(await runPart(plan, plan, pauses ? pauseBytes : 0, execution));
    if (rest && !gathered.full) {
      const parts = cutTime(rest, parallel);
      const nearestFirst = plan.direction === 'forward' ? parts : parts.reverse();
      for await (const part of inOrder(nearestFirst, parallel, (range) => runPart(plan, range, 0, execution))) {
        gathered.add(part);
        if (gathered.full) {
          break;
        }
      }
    }
  }
  return gathered.result();
}

/** `interval` and `distinct` remember what came before. */
function canBeCut({ expr, intervalNs }: LogPlan): boolean {
  return intervalNs === 0 && !expr.stages.some((stage) => stage.kind === 'distinct');
}

async function runPart({ expr, direction, limit, intervalNs }: LogPlan, { startNs, endNs }: TimeRange, pauseBytes: number, execution: Execution): Promise<LogFragmentResult> {
  const { tenants, fragmentLimits } = execution;
  const part = await execution.run({ kind: 'log', tenants, limits: fragmentLimits, expr, direction, limit, intervalNs, startNs, endNs, pauseBytes });
  if (part.kind !== 'log') {
    throw new Bug('a log fragment answered samples');
  }
  return part;
}

/** The entries of a query so far, as streams. */
class Gathered {
  private readonly streams = new Map<string, ResultStream>();
  private count = 0;

  constructor(private readonly limit: number) {}

  get full(): boolean {
    return this.count >= this.limit;
  }

  /** Answers what the part left unread. */
  add(part: LogFragmentResult): TimeRange | undefined {
    const streams = readSets(part.sets).map((set) => this.streamOf(set));
    const count = Math.min(part.lines.length, this.limit - this.count);
    for (let i = 0; i < count; i++) {
      streams[part.set[i]].entries.push({ tsNs: part.times[i], line: part.lines[i] });
    }
    this.count += count;
    return part.rest;
  }

  result(): StreamsResult {
    const streams = [...this.streams].filter(([, { entries }]) => entries.length > 0);
    const sorted = streams.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, stream]) => stream);
    return { kind: 'streams', streams: sorted, limited: this.full };
  }

  private streamOf(set: EntrySet): ResultStream {
    const key = set.key();
    let stream = this.streams.get(key);
    if (!stream) {
      stream = { set, entries: [] };
      this.streams.set(key, stream);
    }
    return stream;
  }
}

keepShape(new Gathered(1));
keepShape(readSets(packSets([{ names: ['app'], values: ['web'], origins: ['stream'] }])));
