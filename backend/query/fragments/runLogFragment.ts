import { cancelled } from '../../model/errors';
import { buildPipeline } from '../../pipeline';
import { labelHints, leadingHints } from '../../pipeline/hints';
import { levelMode } from '../../pipeline/levelLabel';
import type { StreamPipeline } from '../../pipeline/pipeline';
import type { Chunk, Scan, StoreReader, TimeRange } from '../../store/store';
import { Breather } from '../../runtime/breather';
import { FragmentBudget } from '../budget';
import { EntryCollector } from './entryCollector';
import type { LogFragment, LogFragmentResult } from '../fragment';
import { mergeByTime } from './orderedScan';
import { StreamPipelines } from './streamPipelines';
import { scanTenants } from './tenantScan';

/**
 * Behind a parser most lines have labels of their own: that is seen after so many. An answer has a few thousand lines, and sets
 * that turn out to be equal become one stream later on.
 */
const sharedSetsMax = 256;

/** Reads the entries of a log query that pass its stages, until the limit is reached. */
export async function runLogFragment(fragment: LogFragment, reader: StoreReader, signal: AbortSignal): Promise<LogFragmentResult> {
  if (signal.aborted) {
    throw cancelled();
  }
  const { expr, direction, limit } = fragment;
  const budget = new FragmentBudget(fragment.limits);
  const streams = new StreamPipelines(buildPipeline(expr.stages, { sharedMax: sharedSetsMax }));
  const collector = new EntryCollector(fragment, budget);
  const scan: Omit<Scan, 'tenant'> = {
    startNs: fragment.startNs,
    endNs: fragment.endNs,
    matchers: expr.selector.matchers,
    direction,
    needs: { text: 'lines', metadata: true, levels: levelMode(expr.stages, {}) !== 'absent' },
    hints: leadingHints(expr.stages),
    labelHints: labelHints(expr.stages),
    piecesMax: fragment.limits.small?.piecesMax,
    limitHint: limit,
    transient: !needsOrder(fragment),
    wants: needsOrder(fragment) ? undefined : (nearestNs) => collector.wants(nearestNs),
  };
  const scans = scanTenants(reader, fragment.tenants, scan, { budget, breather: new Breather(signal), signal });
  let rest: TimeRange | undefined;
  if (needsOrder(fragment)) {
    for await (const { chunk, at } of mergeByTime(scans, direction, budget)) {
      if (!collector.offerInOrder(chunk, at, streams.get(chunk))) {
        break;
      }
    }
  } else {
    for (const chunks of scans) {
      for await (const chunk of chunks) {
        if (rest || !collector.wants(direction === 'forward' ? chunk.minNs : chunk.maxNs)) {
          break;
        }
        if (fragment.pauseBytes > 0 && budget.read.bytes > fragment.pauseBytes) {
          rest = scans.length === 1 ? restBehind(chunk, fragment) : fragment; // of the other tenants nothing may be read yet
          break;
        }
        offerChunk(chunk, streams.get(chunk), collector, direction);
      }
    }
  }
  return { ...collector.finish(rest), rest: rest && { startNs: rest.startNs, endNs: rest.endNs }, read: budget.read };
}

/** What is left from a chunk on: chunks come in order, so all that lies before its first entry was seen. */
function restBehind(chunk: Chunk, { direction, startNs, endNs }: LogFragment): TimeRange {
  return direction === 'forward' ? { startNs: chunk.minNs, endNs } : { startNs, endNs: chunk.maxNs + 1n };
}

/** `interval` and `distinct` depend on which entry comes first, so these read in the order of time; the rest by the chunk. */
function needsOrder({ expr, intervalNs }: LogFragment): boolean {
  return intervalNs > 0 || expr.stages.some((stage) => stage.kind === 'distinct');
}

function offerChunk(chunk: Chunk, stream: StreamPipeline, collector: EntryCollector, direction: LogFragment['direction']): void {
  const step = direction === 'backward' ? -1 : 1;
  for (let i = direction === 'backward' ? chunk.count - 1 : 0; i >= 0 && i < chunk.count; i += step) {
    if (!collector.offer(chunk, i, stream)) {
      return;
    }
  }
  collector.endChunk();
}
