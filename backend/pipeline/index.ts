import type { Stage } from '../../src/logql/ast';
import { printStage } from '../../src/logql/printer';
import { ChunkMask } from './chunkMask';
import { buildDecolorize } from './decolorize';
import { buildDistinct } from './distinct';
import { buildDrop } from './drop';
import { withEarlyFilters } from './earlyFilters';
import { buildJson } from './json';
import { buildKeep } from './keep';
import { buildLabelFilter } from './labelFilter';
import { buildLabelFormat } from './labelFormat';
import { LabelsBuilder, type MetadataBase, type StreamBase } from './labelsBuilder';
import { LevelLabel } from './levelLabel';
import { Line } from './line';
import { buildLineFilter } from './lineFilter';
import { buildLineFormat } from './lineFormat';
import { buildLogfmt } from './logfmt';
import { buildPattern } from './pattern';
import { buildRegexp } from './regexp';
import { buildUnpack } from './unpack';
import { badRequest, RequestError } from '../model/errors';
import type { Labels } from '../model/labels';
import type { Chunk } from '../store/store';
import { sanitizeLabelName } from '../text/labelName';
import { Source } from '../text/source';
import type { Pipeline, PipelineOptions, Processed, ResultLabels, StreamPipeline } from './pipeline';
import { requiredLabels } from './requiredLabels';
import type { BuildContext, Step } from './step';
import { buildUnwrap, type Sampler } from './unwrap';

/** The engine of every stage the language has: a stage without one does not compile. */
const builders: { [Kind in Stage['kind']]: (stage: Extract<Stage, { kind: Kind }>, context: BuildContext) => Step } = {
  lineFilter: buildLineFilter,
  json: buildJson,
  logfmt: buildLogfmt,
  regexp: buildRegexp,
  pattern: buildPattern,
  unpack: buildUnpack,
  decolorize: buildDecolorize,
  labelFilter: buildLabelFilter,
  lineFormat: buildLineFormat,
  labelFormat: buildLabelFormat,
  drop: buildDrop,
  keep: buildKeep,
  distinct: buildDistinct,
};

/**
 * Builds the stages of one query. Throws a RequestError 400 in Loki's words for a stage that can't be (a pattern without
 * captures, a template that does not parse).
 */
export function buildPipeline(stages: readonly Stage[], options: PipelineOptions = {}): Pipeline {
  return new StagePipeline(stages, options);
}

/** Label names a pipeline remembers before it starts over: hostile lines bring new ones without end. */
const labelNamesMax = 200_000;

class StagePipeline implements Pipeline {
  private core: Core;
  private readonly seen = new Map<unknown, Set<string>>();

  constructor(
    private readonly stages: readonly Stage[],
    private readonly options: PipelineOptions
  ) {
    this.core = this.makeCore();
  }

  forStream(stream: Labels): StreamPipeline {
    let core = this.core;
    let base = core.labels.stream(stream);
    return {
      process: (chunk, i) => {
        if (core !== this.core) {
          core = this.core;
          base = core.labels.stream(stream);
        }
        const processed = core.process(base, chunk, i);
        if (core.labels.names.size > labelNamesMax) {
          this.core = this.makeCore();
        }
        return processed;
      },
    };
  }

  private makeCore(): Core {
    return new Core(this.stages, this.options, this.seen);
  }
}

/** Metadata sets of a chunk that are searched for a label name; with more, any name is taken to be there. */
const metadataSetsSearchedMax = 100;

/** The steps with everything they remember. */
class Core {
  readonly labels: LabelsBuilder;
  private readonly line = new Line();
  private readonly steps: Step[];
  private readonly sampler: Sampler | undefined;
  private readonly processed: MutableProcessed;
  private readonly chunkMask: ChunkMask;
  private mask: ReturnType<ChunkMask['of']>;
  private readonly level: LevelLabel;
  private chunk: Chunk | undefined;
  private source!: Source;
  private metadata: Array<MetadataBase | undefined> = [];

  constructor(stages: readonly Stage[], options: PipelineOptions, seen: Map<unknown, Set<string>>) {
    this.labels = new LabelsBuilder(requiredLabels(stages, options), options.labelsKept, options.sharedMax);
    this.level = new LevelLabel(this.labels, stages, options);
    this.chunkMask = new ChunkMask(stages);
    const context: BuildContext = { labels: this.labels, seen };
    // With grouping labels Loki's parsers look for those and don't try filters.
    const early = !options.labelsNeeded || options.labelsNeeded.size === 0;
    const run = withoutRepeats(stages);
    const steps = run.map((stage) => buildStage(stage, context));
    this.steps = early ? steps.map((step, i) => withEarlyFilters(step, run, i, context)) : steps;
    this.sampler = options.unwrap && buildUnwrap(options.unwrap, context);
    this.processed = new MutableProcessed(this.line);
  }

  process(base: StreamBase, chunk: Chunk, i: number): Processed | undefined {
    if (chunk !== this.chunk) {
      this.turnTo(chunk, base);
    }
    if (this.mask && !this.mask.passes(i)) {
      return undefined;
    }
    const { line, labels } = this;
    line.reset(this.source, chunk.offsets[i], chunk.offsets[i + 1]);
    line.baseNs = chunk.baseNs;
    line.offsetNs = chunk.times[i];
    labels.begin(base, chunk.metadata ? this.metadataBase(base, chunk, chunk.metadata[i]) : undefined);
    this.level.turnTo(chunk, i);
    for (const step of this.steps) {
      if (!step(line, labels)) {
        return undefined;
      }
    }
    if (this.sampler) {
      const sample = this.sampler();
      if (sample === undefined) {
        return undefined;
      }
      this.processed.sample = sample;
    }
    this.processed.labels = labels.result();
    return this.processed;
  }

  private turnTo(chunk: Chunk, base: StreamBase): void {
    this.chunk = chunk;
    this.source = Source.ofBytes(chunk.text);
    this.metadata = [];
    const sets = chunk.metadataSets ?? [];
    this.mask = this.chunkMask.of(
      chunk,
      (label) =>
        base.values.has(this.labels.names.number(label)) ||
        sets.length > metadataSetsSearchedMax ||
        sets.some((set) => [...set.keys()].some((name) => label.startsWith(sanitizeLabelName(name))))
    );
  }

  private metadataBase(base: StreamBase, chunk: Chunk, set: number): MetadataBase | undefined {
    const labels = chunk.metadataSets?.[set];
    if (!labels || labels.size === 0) {
      return undefined;
    }
    return (this.metadata[set] ??= this.labels.metadataBase(base, labels));
  }
}

/** Line filters that stand there already, with only line filters in between, can't drop anything more. */
function withoutRepeats(stages: readonly Stage[]): readonly Stage[] {
  let since = new Set<string>();
  return stages.filter((stage) => {
    if (stage.kind !== 'lineFilter') {
      since = new Set();
      return true;
    }
    const text = printStage(stage);
    const repeated = since.has(text);
    since.add(text);
    return !repeated;
  });
}

/** Read at once by the caller; the line is only decoded when it is asked for. */
class MutableProcessed implements Processed {
  labels!: ResultLabels;
  sample = 0;

  constructor(private readonly current: Line) {}

  get line(): string {
    return this.current.text;
  }

  get lineBytes(): number {
    return this.current.end - this.current.start;
  }
}

function buildStage<Kind extends Stage['kind']>(stage: Extract<Stage, { kind: Kind }>, context: BuildContext): Step {
  const build = builders[stage.kind as Kind] as (stage: Extract<Stage, { kind: Kind }>, context: BuildContext) => Step;
  try {
    return build(stage, context);
  } catch (error) {
    throw error instanceof RequestError ? badRequest(`parse error : ${stageMistake(stage, error.message)}`) : error;
  }
}

/** Where Loki says that a mistake is: it words the two parsers with a pattern in their own way. */
function stageMistake(stage: Stage, message: string): string {
  return stage.kind === 'regexp' || stage.kind === 'pattern' ? `invalid ${stage.kind} parser: ${message}` : `stage '${printStage(stage)}' : ${message}`;
}
