import { nearest } from '../../../src/logql/nearest';
import type { Entry } from '../entry';
import type { Log } from '../log';
import type { AgentMetrics } from '../metrics';
import { ConfigError, kindOf, Plain, type YamlValue } from '../config/yaml';

export type Emit = (entry: Entry) => void;

/** One stage at work. It changes the entry and hands it on, hands on others, or drops it with `context.drop`. */
export interface Stage {
  run(entry: Entry, next: Emit): void;
  /** Hands on what is held back: the input has ended. */
  flush?(next: Emit): void;
  /** Lets go of timers and metrics. */
  close?(): void;
}

/** What a stage may use besides its configuration. */
export interface StageContext {
  log: Log;
  metrics: AgentMetrics;
  /** The line goes no further. Counted under `reason` unless that is undefined. */
  drop(entry: Entry, reason: string | undefined): void;
  /** Sources should read no further for so long (a limit that waits). */
  throttle(waitMs: number): void;
  nowMs(): number;
  /** Shows what each stage did (`-inspect`); undefined when not asked for. */
  inspect?: (stage: string, before: Entry, after: Entry | undefined) => void;
}

/** A checked stage: makes the stage at work. `next` is where it sends entries outside of `run` (timers). */
export type StagePlan = (context: StageContext, next: Emit) => Stage;

/** Reads the configuration of a stage, which stands at `path`. Throws a ConfigError. */
export type StageReader = (config: YamlValue, path?: string) => StagePlan;

export interface NamedPlan {
  name: string;
  plan: StagePlan;
}

/** The stages of one job at work. */
export class Pipeline {
  private readonly stages: Stage[] = [];
  private readonly nexts: Emit[] = [];
  private out: Emit = () => undefined;
  private throttledUntilMs = 0;

  constructor(plans: readonly NamedPlan[], context: Omit<StageContext, 'throttle'>) {
    const own: StageContext = {
      ...context,
      throttle: (waitMs) => {
        this.throttledUntilMs = Math.max(this.throttledUntilMs, context.nowMs() + waitMs);
      },
    };
    this.nowMs = context.nowMs;
    plans.forEach(({ name, plan }, i) => {
      this.nexts[i] = (entry) => this.runFrom(i + 1, entry);
      this.stages[i] = own.inspect ? new InspectedStage(name, plan, own, own.inspect, this.nexts[i]) : plan(own, this.nexts[i]);
    });
  }

  private readonly nowMs: () => number;

  process(entry: Entry, out: Emit): void {
    this.out = out;
    for (const [name, value] of entry.labels.labels) {
      entry.extracted.set(name, value);
    }
    this.runFrom(0, entry);
  }

  /** Where entries go that come by a timer before the first `process`. */
  sendTo(out: Emit): void {
    this.out = out;
  }

  /** Stages hand on what they hold back, the first one first. */
  flush(): void {
    this.stages.forEach((stage, i) => stage.flush?.(this.nexts[i]));
  }

  close(): void {
    this.stages.forEach((stage) => stage.close?.());
  }

  get throttledMs(): number {
    return Math.max(0, this.throttledUntilMs - this.nowMs());
  }

  private runFrom(i: number, entry: Entry): void {
    if (i < this.stages.length) {
      this.stages[i].run(entry, this.nexts[i]);
    } else {
      this.out(entry);
    }
  }
}

/** A stage that shows what it does to each entry. What it hands on later, or together with others, passes unseen. */
class InspectedStage implements Stage {
  private readonly stage: Stage;
  /** The entry it is at, as it came. */
  private at: { entry: Entry; before: Entry; dropped: boolean } | undefined;

  constructor(
    private readonly name: string,
    plan: StagePlan,
    context: StageContext,
    private readonly inspect: NonNullable<StageContext['inspect']>,
    private readonly next: Emit
  ) {
    const drop: StageContext['drop'] = (entry, reason) => {
      if (this.at?.entry === entry) {
        this.at.dropped = true;
      }
      context.drop(entry, reason);
    };
    this.stage = plan({ ...context, drop }, (entry) => this.emit(entry));
  }

  run(entry: Entry): void {
    this.at = { entry, before: { ...entry, extracted: new Map(entry.extracted), metadata: entry.metadata && [...entry.metadata] }, dropped: false };
    this.stage.run(entry, (after) => this.emit(after));
    if (this.at?.dropped) {
      this.inspect(this.name, this.at.before, undefined);
    }
    this.at = undefined;
  }

  flush(): void {
    this.stage.flush?.((entry) => this.emit(entry));
  }

  close(): void {
    this.stage.close?.();
  }

  private emit(after: Entry): void {
    const { at } = this;
    this.at = undefined;
    if (at?.entry === after) {
      this.inspect(this.name, at.before, after);
    }
    this.next(after);
  }
}

/** `pipeline_stages` to plans, with the readers of stages/index.ts. Throws a ConfigError that names the stage. */
export function readStages(list: YamlValue, readers: ReadonlyMap<string, StageReader>, path: string): NamedPlan[] {
  if (!Array.isArray(list)) {
    throw new ConfigError(`${path}: invalid YAML config, a list of stages is expected, not ${kindOf(list)}`);
  }
  return list.map((item, i) => {
    const place = `${path}[${i}]`;
    const [key, config] = keyAndConfig(item, place);
    const reader = readers.get(key);
    if (!reader) {
      const meant = nearest(key, readers.keys()) ?? nearest(key.replaceAll(/[_-]/g, ''), readers.keys());
      throw new ConfigError(`${place}: invalid ${key} stage config: Unknown stage type: ${key}${meant ? ` (did you mean ${meant}?)` : ''}`);
    }
    try {
      return { name: key, plan: reader(config, `${place}.${key}`) };
    } catch (error) {
      throw error instanceof ConfigError && !error.message.startsWith(place) ? new ConfigError(`${place}: invalid ${key} stage config: ${error.message}`) : error;
    }
  });
}

function keyAndConfig(item: YamlValue, place: string): [string, YamlValue] {
  if (!(item instanceof Map)) {
    throw new ConfigError(`${place}: invalid YAML config, make sure each stage of your pipeline is a YAML object (must end with a \`:\`), check stage \`- ${shown(item)}\``);
  }
  if (item.size !== 1) {
    throw new ConfigError(`${place}: pipeline stage must contain only one key`);
  }
  const [[key, config]] = item;
  if (typeof key !== 'string') {
    throw new ConfigError(`${place}: pipeline stage key should be a string, \`${shown(key)}\` is ${kindOf(key)}`);
  }
  return [key, config];
}

function shown(value: YamlValue): string {
  return value instanceof Plain ? value.source : typeof value === 'string' ? value : kindOf(value);
}
