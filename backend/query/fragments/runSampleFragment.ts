import { cancelled } from '../../model/errors';
import { buildPipeline } from '../../pipeline';
import { fieldsRead } from '../../pipeline/fieldsRead';
import { labelHints, leadingHints } from '../../pipeline/hints';
import { levelMode } from '../../pipeline/levelLabel';
import type { Pipeline, StreamPipeline } from '../../pipeline/pipeline';
import type { Chunk, NeededFields, StoreReader, TimeRange } from '../../store/store';
import { Breather } from '../../runtime/breather';
import { FragmentBudget } from '../budget';
import { countFromStore } from './countFragment';
import type { SampleFragment, SampleFragmentResult } from '../fragment';
import { labelsNeeded, looksAtLabels, onlyCounts } from './needs';
import { Panes } from '../range/panes';
import { rangeOp, type RangeOp, type RangeState } from '../range/rangeOps';
import { labelsKept, SampleSeriesSet } from './sampleSeries';
import { StreamPipelines } from './streamPipelines';
import { scanTenants } from './tenantScan';

/** Evaluates a range aggregation at the steps of the fragment: from rollups where that is exact, else from the entries. */
export async function runSampleFragment(fragment: SampleFragment, reader: StoreReader, signal: AbortSignal): Promise<SampleFragmentResult> {
  if (signal.aborted) {
    throw cancelled();
  }
  const budget = new FragmentBudget(fragment.limits);
  const { expr } = fragment;
  if (expr.range.ns <= 0) {
    return { kind: 'samples', series: [], read: budget.read }; // no window holds anything
  }
  const firstNs = fragment.firstStepNs - BigInt(expr.offset?.ns ?? 0);
  const panes = new Panes(firstNs, fragment.stepNs, fragment.steps, expr.range.ns);
  const op = rangeOp(expr);
  const series = new SampleSeriesSet(fragment, op, panes, budget);
  const options = { labelsNeeded: labelsNeeded(expr, fragment.foldBy), labelsKept: labelsKept(fragment), unwrap: expr.unwrap };
  const pipeline = buildPipeline(expr.log.stages, options);
  const lineless = fragment.sums ? buildPipeline(expr.log.stages.filter(({ kind }) => kind !== 'lineFilter'), options) : pipeline;
  if (!(await countFromStore(fragment, op, panes, series, lineless, reader, signal))) {
    const looks = { levels: levelMode(expr.log.stages, options) !== 'absent', fields: op.sample === 'bytes' ? undefined : fieldsRead(expr.log.stages, options) };
    await readSamples({ fragment, reader, panes, series, pipeline, looks, op, budget, signal });
  }
  return { kind: 'samples', series: series.finish(), read: budget.read };
}

interface Reading {
  fragment: SampleFragment;
  reader: StoreReader;
  panes: Panes;
  series: SampleSeriesSet;
  pipeline: Pipeline;
  /** Whether the levels of entries are looked at, and which fields of their lines (undefined: all of it). */
  looks: { levels: boolean; fields: NeededFields | undefined };
  op: RangeOp;
  budget: FragmentBudget;
  signal: AbortSignal;
}

async function readSamples({ fragment, reader, panes, series, pipeline, looks, op, budget, signal }: Reading): Promise<void> {
  const { expr } = fragment;
  const plain = onlyCounts(expr, op);
  const readsLines = !expr.log.stages.every(looksAtLabels);
  const scan = {
    ...readRange(fragment, panes),
    matchers: expr.log.selector.matchers,
    direction: 'forward' as const,
    needs: {
      text: readsLines ? ('lines' as const) : op.sample === 'bytes' ? ('lengths' as const) : ('none' as const),
      metadata: true,
      ...looks,
    },
    hints: leadingHints(expr.log.stages),
    labelHints: labelHints(expr.log.stages),
    piecesMax: fragment.limits.small?.piecesMax,
    transient: true,
  };
  const streams = new StreamPipelines(pipeline);
  const sink = { panes, series, originNs: scan.startNs };
  for (const chunks of scanTenants(reader, fragment.tenants, scan, { budget, breather: new Breather(signal), signal })) {
    for await (const chunk of chunks) {
      const stream = streams.get(chunk);
      budget.read.passed += plain ? addCounts(chunk, stream, sink, op.sample === 'bytes') : addSamples(chunk, stream, sink, op.sample);
    }
  }
}

/** The times that the windows of the fragment cover: the first one is open at its start, the last one closed at its end. */
function readRange(fragment: SampleFragment, panes: Panes): TimeRange {
  const startNs = panes.firstNs - BigInt(fragment.expr.range.ns) + 1n;
  const endNs = panes.firstNs + BigInt(panes.steps - 1) * panes.stepNs + 1n;
  const { slice } = fragment;
  return slice ? { startNs: slice.startNs > startNs ? slice.startNs : startNs, endNs: slice.endNs < endNs ? slice.endNs : endNs } : { startNs, endNs };
}

interface Sink {
  panes: Panes;
  series: SampleSeriesSet;
  /** What the times of samples count from. */
  originNs: bigint;
}

/** Every line through the pipeline. @returns how many passed. */
function addSamples(chunk: Chunk, stream: StreamPipeline, { panes, series, originNs }: Sink, sample: RangeOp['sample']): number {
  let passed = 0;
  const locate = panes.locator(chunk.baseNs);
  const sinceOrigin = Number(chunk.baseNs - originNs);
  for (let i = 0; i < chunk.count; i++) {
    const offset = chunk.times[i];
    const pane = locate(offset);
    if (pane < 0) {
      continue;
    }
    const processed = stream.process(chunk, i);
    if (processed) {
      const value = sample === 'line' ? 1 : sample === 'bytes' ? processed.lineBytes : processed.sample;
      series.state(processed.labels).add(pane, value, sinceOrigin + offset);
      passed++;
    }
  }
  return passed;
}

/**
 * Lines that no stage looks at: their labels depend only on the stream, the metadata set and the level, so the pipeline is asked
 * once for each combination in the chunk. @returns how many passed.
 */
function addCounts(chunk: Chunk, stream: StreamPipeline, { panes, series }: Sink, bytes: boolean): number {
  let passed = 0;
  const locate = panes.locator(chunk.baseNs);
  const { times, offsets, metadata, levels } = chunk;
  const states: Array<RangeState | null | undefined> = [];
  for (let i = 0; i < chunk.count; i++) {
    const pane = locate(times[i]);
    if (pane < 0) {
      continue;
    }
    const kind = (metadata ? metadata[i] : 0) * 8 + (levels ? levels[i] : 0);
    let state = states[kind];
    if (state === undefined) {
      const processed = stream.process(chunk, i);
      state = states[kind] = processed ? series.state(processed.labels) : null;
    }
    if (state) {
      state.add(pane, bytes ? offsets[i + 1] - offsets[i] : 1, 0);
      passed++;
    }
  }
  return passed;
}
