import { levelNames } from '../../../src/levels/levels';
import { makeLabels, type Labels } from '../../model/labels';
import { tenantLabel } from '../../pipeline/labelNames';
import type { Pipeline } from '../../pipeline/pipeline';
import type { AggregatedSeries, AggregateRequest, Chunk, StoreReader } from '../../store/store';
import type { SampleFragment } from '../fragment';
import type { Panes } from '../range/panes';
import type { RangeOp, RangeState } from '../range/rangeOps';
import type { SampleSeriesSet } from './sampleSeries';
import { chooseTenants } from './tenantScan';

/** Buckets asked of a store at once; more would cost more than reading the entries of most ranges. */
const bucketsMax = 50_000;

/**
 * Fills the panes from what the store counted when it wrote the entries, or adds up itself. False when the store (or one tenant's part of it) can't
 * answer exactly; nothing was added then. The pipeline has no filters of lines: entries that the store counted have passed them.
 */
export async function countFromStore(
  fragment: SampleFragment,
  op: RangeOp,
  panes: Panes,
  series: SampleSeriesSet,
  pipeline: Pipeline,
  reader: StoreReader,
  signal: AbortSignal
): Promise<boolean> {
  const buckets = bucketsOf(fragment, panes);
  const request = fragment.count ?? fragment.sums;
  if (!request || !buckets || fragment.slice) {
    return false;
  }
  const { matchers } = fragment.expr.log.selector;
  const tenants = chooseTenants(fragment.tenants, matchers);
  const several = fragment.tenants.length > 1;
  const answers: Array<{ tenant: string; counted: AggregatedSeries[] }> = [];
  for (const tenant of tenants) {
    const ownMatchers = several ? matchers.filter((matcher) => matcher.name !== tenantLabel) : matchers;
    const where = { tenant, matchers: ownMatchers, ...buckets, seriesMax: fragment.limits.small?.seriesMax };
    const counted: AggregatedSeries[] | undefined = fragment.count
      ? await reader.count?.({ ...where, ...fragment.count }, signal)
      : await reader.aggregate?.({ ...where, ...fragment.sums! }, signal);
    if (!counted) {
      return false;
    }
    answers.push({ tenant, counted });
  }
  const paneOf = panesOfBuckets(buckets, panes);
  for (const { tenant, counted } of answers) {
    for (const { stream, level, lines, bytes, numbers } of counted) {
      const labels = several ? makeLabels([...stream, [tenantLabel, tenant]]) : stream;
      const processed = pipeline.forStream(labels).process(sampleChunk(labels, request, level), 0);
      if (!processed) {
        continue;
      }
      const amounts = numbers ? numbers[amountOf(op)] : op.sample === 'bytes' ? bytes : lines;
      // Looked up once, and only when there is something to add: a series without samples must not appear.
      let state: RangeState | undefined;
      for (let i = 0; i < buckets.count; i++) {
        if (lines[i] > 0 && paneOf[i] >= 0) {
          state ??= series.state(processed.labels);
          state.add(paneOf[i], amounts[i], 0);
        }
      }
    }
  }
  return true;
}

/** The pane of each bucket, or -1: looked up once, not for each series. */
function panesOfBuckets({ startNs, stepNs, count }: { startNs: bigint; stepNs: bigint; count: number }, panes: Panes): Int32Array {
  const paneOf = panes.locator(startNs);
  const step = Number(stepNs);
  return Int32Array.from({ length: count }, (_, i) => paneOf(i * step));
}

/** What windows are made of: the least or the greatest of each bucket, or its sum. */
function amountOf({ merge }: RangeOp): 'sum' | 'min' | 'max' {
  return merge === 'min' || merge === 'max' ? merge : 'sum';
}

/** Any number: nothing but unwrapping looks at it, and its sample is not used. */
const anyNumber = '1';

/** One entry without text that has the labels of all that were counted together, for the pipeline to judge. */
function sampleChunk(stream: Labels, { by, number }: Pick<AggregateRequest, 'by'> & { number?: string }, level: string | undefined): Chunk {
  const metadata: Array<[string, string]> = [];
  if (level !== undefined && by === 'detected_level') {
    metadata.push(['detected_level', level]);
  }
  if (number !== undefined) {
    metadata.push([number, anyNumber]);
  }
  return {
    stream,
    streamId: '',
    count: 1,
    minNs: 0n,
    maxNs: 0n,
    baseNs: 0n,
    times: new Float64Array(1),
    offsets: new Uint32Array(2),
    text: new Uint8Array(0),
    metadata: metadata.length > 0 ? new Uint32Array(1) : undefined,
    metadataSets: metadata.length > 0 ? [makeLabels(metadata)] : undefined,
    levels: by === '__level__' ? Uint8Array.of(Math.max(0, levelNames.findIndex((name) => name === level))) : undefined,
  };
}

/** Buckets that fit both the steps and the windows: their common divisor long, from the first window's start to the last step. */
function bucketsOf(fragment: SampleFragment, panes: Panes): { startNs: bigint; endNs: bigint; stepNs: bigint; count: number } | undefined {
  const rangeNs = BigInt(fragment.expr.range.ns);
  const stepNs = fragment.steps === 1 ? rangeNs : commonDivisor(rangeNs, panes.stepNs);
  const lastNs = panes.firstNs + BigInt(fragment.steps - 1) * panes.stepNs;
  const firstNs = panes.firstNs - rangeNs + stepNs;
  const count = Number((lastNs - firstNs) / stepNs) + 1;
  return count > bucketsMax ? undefined : { startNs: firstNs, endNs: lastNs + 1n, stepNs, count };
}

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, a % b);
}
