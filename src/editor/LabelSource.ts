import type { DataSourceApi, TimeRange } from '@grafana/data';
import type { Flavour, LogApi, NsRange } from '../api';
import type { GrownAnswer, GrownRequest } from '../features/grown';
import type { MovedAnswer, MovedRequest } from '../features/moved';
import type { Query } from '../query/model';
import type { Settings } from '../settings';
import type { LabelSet } from '../wire';

/** A name or value with how much it stands for (bytes or lines, only good for comparing); undefined: not known. */
export interface Weighted {
  name: string;
  weight?: number;
}

/** A field that parsing lines would give. */
export interface FoundField {
  name: string;
  type: string;
  parsers: string[] | null;
}

/** What editors ask of the server, always for the range on screen. */
export interface LabelSource {
  labels(selector?: string): Promise<string[]>;
  values(label: string, selector?: string): Promise<string[]>;
  weightedValues(label: string, selector?: string): Promise<Weighted[]>;
  series(selector: string): Promise<LabelSet[]>;
  fields(expr: string): Promise<FoundField[]>;
  stats(selector: string): Promise<{ bytes: number; entries: number; streams: number }>;
  flavour(): Promise<Flavour>;
}

/** The data source as its editors see it. */
export type EditorDataSource = DataSourceApi<Query, Settings> & {
  settings: Settings;
  labelSource(range?: TimeRange): LabelSource;
  whichMoved(request: MovedRequest): Promise<MovedAnswer>;
  whichGrew(request: GrownRequest): Promise<GrownAnswer>;
};

/** Answers are kept this long: typing asks the same again and again, new labels should still appear soon. */
const keepMs = 30_000;
const keptMax = 200;

/** Asks the server, remembers answers for a short time, and forgets failed ones at once. */
export class ServerLabelSource implements LabelSource {
  private readonly kept = new Map<string, { at: number; answer: Promise<unknown> }>();

  constructor(
    private readonly api: LogApi,
    private readonly range: () => NsRange
  ) {}

  labels(selector?: string): Promise<string[]> {
    return this.remember(`labels ${selector}`, () => this.api.labels(this.range(), selector));
  }

  values(label: string, selector?: string): Promise<string[]> {
    return this.remember(`values ${label} ${selector}`, () => this.api.labelValues(label, this.range(), selector));
  }

  weightedValues(label: string, selector?: string): Promise<Weighted[]> {
    return this.remember(`weights ${label} ${selector}`, async () => {
      const [values, weights] = await Promise.all([
        this.values(label, selector),
        // Counts are a convenience that older servers don't have.
        this.api.volume(selector ?? '{}', this.range(), label).catch(() => new Map<string, number>()),
      ]);
      return values.map((name) => ({ name, weight: weights.get(name) }));
    });
  }

  series(selector: string): Promise<LabelSet[]> {
    return this.remember(`series ${selector}`, () => this.api.series([selector], this.range()));
  }

  fields(expr: string): Promise<FoundField[]> {
    return this.remember(`fields ${expr}`, async () => (await this.api.detectedFields(expr, this.range())).map(({ label, type, parsers }) => ({ name: label, type, parsers })));
  }

  stats(selector: string): Promise<{ bytes: number; entries: number; streams: number }> {
    return this.remember(`stats ${selector}`, () => this.api.stats(selector, this.range()));
  }

  flavour(): Promise<Flavour> {
    return this.api.flavour();
  }

  private remember<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const now = Date.now();
    const known = this.kept.get(key);
    if (known && now - known.at < keepMs) {
      return known.answer as Promise<T>;
    }
    const answer = ask();
    if (this.kept.size >= keptMax) {
      this.kept.delete(this.kept.keys().next().value as string);
    }
    this.kept.set(key, { at: now, answer });
    answer.catch(() => this.kept.delete(key));
    return answer;
  }
}
