import type { Stage } from '../../src/logql/ast';
import { Bug } from '../model/errors';
import { entrySetKey } from './entrySets';
import type { Execution } from './execution';
import type { LogFragment, LogFragmentResult } from './fragment';
import { inOrder } from './inOrder';
import type { LogPlan } from './plan';
import type { ResultStream, StreamsResult } from './result';
import { cutTime } from './rules/cutTime';

/** Runs the fragments of a log query, nearest first, until there are `limit` entries. */
export async function readLogs(plan: LogPlan, execution: Execution): Promise<StreamsResult> {
  const streams = new Map<string, ResultStream>();
  let count = 0;
  const fragments = plan.limit > 0 && plan.startNs < plan.endNs ? cutLogs(plan, execution) : [];
  for await (const part of inOrder(fragments, execution.runner.parallel, (fragment) => execution.run(fragment))) {
    if (part.kind !== 'log') {
      throw new Bug('a log fragment answered samples');
    }
    count += addEntries(streams, part, plan.limit - count);
    if (count >= plan.limit) {
      break;
    }
  }
  const sorted = [...streams].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, stream]) => stream);
  return { kind: 'streams', streams: sorted, limited: count >= plan.limit };
}

/** Stages that drop lines. Without any of them the limit is reached at once, and a second fragment reads in vain. */
const dropping = new Set<Stage['kind']>(['lineFilter', 'labelFilter']);

/** `interval` and `distinct` remember what came before, so these are not cut. */
function cutLogs(plan: LogPlan, { tenants, fragmentLimits, runner }: Execution): LogFragment[] {
  const { stages } = plan.expr;
  const ordered = plan.intervalNs > 0 || stages.some((stage) => stage.kind === 'distinct');
  const pays = !ordered && stages.some((stage) => dropping.has(stage.kind));
  const parts = cutTime(plan, pays ? runner.parallel : 1);
  const nearestFirst = plan.direction === 'forward' ? parts : parts.reverse();
  const { expr, direction, limit, intervalNs } = plan;
  return nearestFirst.map((part) => ({ kind: 'log', tenants, limits: fragmentLimits, expr, direction, limit, intervalNs, ...part }));
}

function addEntries(streams: Map<string, ResultStream>, part: LogFragmentResult, room: number): number {
  const keys = part.sets.map(entrySetKey);
  const count = Math.min(part.lines.length, room);
  for (let i = 0; i < count; i++) {
    const set = part.set[i];
    let stream = streams.get(keys[set]);
    if (!stream) {
      stream = { ...part.sets[set], entries: [] };
      streams.set(keys[set], stream);
    }
    stream.entries.push({ tsNs: part.times[i], line: part.lines[i] });
  }
  return count;
}
