import type { StoreReader } from '../store/store';
import { makeLabels, type Labels } from '../model/labels';
import type { SampleFragment } from './fragment';
import type { Panes } from './panes';
import type { RangeOp } from './rangeOps';
import type { SampleSeriesSet } from './sampleSeries';
import { chooseTenants, tenantLabel } from './tenantScan';

/** Buckets asked of a store at once; more would cost more than reading the entries of most ranges. */
const bucketsMax = 50_000;

/**
 * Fills the panes from what the store counted when it wrote the entries. False when the store (or one tenant's part of it) can't answer
 * exactly; nothing was added then.
 */
export async function countFromStore(
  fragment: SampleFragment,
  op: RangeOp,
  panes: Panes,
  series: SampleSeriesSet,
  reader: StoreReader,
  signal: AbortSignal
): Promise<boolean> {
  const buckets = bucketsOf(fragment, panes);
  if (!reader.count || !fragment.count || !buckets) {
    return false;
  }
  const { matchers } = fragment.expr.log.selector;
  const tenants = chooseTenants(fragment.tenants, matchers);
  const several = fragment.tenants.length > 1;
  const answers = [];
  for (const tenant of tenants) {
    const ownMatchers = several ? matchers.filter((matcher) => matcher.name !== tenantLabel) : matchers;
    const counted = await reader.count({ tenant, matchers: ownMatchers, ...buckets, ...fragment.count }, signal);
    if (!counted) {
      return false;
    }
    answers.push(...counted.map((one) => ({ ...one, tenant })));
  }
  const paneOf = panes.locator(buckets.startNs);
  for (const { stream, level, lines, bytes, tenant } of answers) {
    const state = series.stateOf(seriesLabels(stream, level, fragment.count.by, several ? tenant : undefined));
    const amounts = op.sample === 'bytes' ? bytes : lines;
    for (let i = 0; i < buckets.count; i++) {
      const pane = lines[i] > 0 ? paneOf(i * Number(buckets.stepNs)) : -1;
      if (pane >= 0) {
        state.add(pane, amounts[i], 0);
      }
    }
  }
  return true;
}

function seriesLabels(stream: Labels, level: string | undefined, by: 'stream' | 'detected_level' | '__level__', tenant: string | undefined): Labels {
  const added: Array<[string, string]> = [];
  if (by !== 'stream' && level !== undefined) {
    // Structured metadata with the name of a stream label gets the suffix that Loki gives it.
    added.push([stream.has(by) ? `${by}_extracted` : by, level]);
  }
  if (tenant !== undefined) {
    added.push([tenantLabel, tenant]);
  }
  return added.length > 0 ? makeLabels([...stream, ...added]) : stream;
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
