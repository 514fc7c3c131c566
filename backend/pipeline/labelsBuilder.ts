import type { Labels } from '../model/labels';
import { plainValue, rawValue, textValue, unwanted, type FieldSink, type ValueKind } from '../text/fields';
import { sanitizeLabelName } from '../text/labelName';
import type { Source } from '../text/source';
import { TextCache } from '../text/textCache';
import { foundText } from './foundText';
import { errorDetailsLabel, errorLabel, LabelNames, preserveErrorLabel } from './labelNames';
import { LabelSet, sortedSet, type OriginatedLabel } from './labelSet';
import { LabelShapes } from './labelShapes';
import type { ResultLabels } from './pipeline';
import { ResultCache, sharedTextMax, StreamResults } from './resultCache';

/** Where a label was set: found in the line (or formatted), or brought by the entry. Labels of the stream are kept apart. */
type Category = 0 | 1;
const structured: Category = 0;
const parsed: Category = 1;

/** A condition on the labels of an entry; may set its error. */
export type LabelTest = (labels: LabelsBuilder) => boolean;

/** What a builder knows of one stream. */
export interface StreamBase {
  readonly values: ReadonlyMap<number, string>;
  readonly result: ResultLabels;
  /** Results by how they were made, so that equal entries cost one look-up. */
  readonly results: StreamResults;
  readonly shapes: LabelShapes;
}

/** A set of structured metadata under the names it gets in one stream. */
export interface MetadataBase {
  readonly pairs: Array<[number, string]>;
  result: ResultLabels | undefined;
}

/**
 * The labels of the entry that is going through a pipeline: those of its stream, its structured metadata, and what stages
 * find, set and remove. Parsed wins over structured metadata, which wins over the stream (Loki, pkg/logql/log/labels.go).
 * One builder serves a whole pipeline; `begin` turns it to an entry. Found values are decoded only when somebody asks.
 */
export class LabelsBuilder implements FieldSink {
  error = '';
  errorDetails = '';
  readonly names = new LabelNames();

  private base!: StreamBase;
  private metadata: MetadataBase | undefined;
  /** True once a stage changed anything but what the entry brought. */
  private changed = false;
  private count = 0;
  private readonly ids: number[] = [];
  private readonly values: Array<string | undefined> = [];
  private readonly categories: Category[] = [];
  private readonly sources: Source[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly kinds: ValueKind[] = [];
  /** Slot by label number, valid where `stamp` is the current one. */
  private readonly slots: number[] = [];
  private readonly stamps: number[] = [];
  private stamp = 0;
  /** Stamps of labels that an entry has or had: what was there and is gone is not found again. */
  private readonly seen: number[] = [];
  /** What the stream brings (or what is hidden) and a stage took away. */
  private readonly removed: number[] = [];
  private readonly cache: ResultCache;
  /** Conditions on what a parser finds, by label number: one that fails sets `rejected` and ends its work on the line. */
  watched: ReadonlyArray<LabelTest | undefined> | undefined;
  rejected = false;
  private foundFrom = 0;
  private readonly texts = new TextCache();
  private hiddenNumber = -1;
  private hiddenValue = '';
  private readonly required: boolean[] = [];
  private readonly requiredCount: number;
  /** How many of the required labels are not there yet; negative when everything is required. */
  private missing = -1;
  /** Whether results keep a label, as far as that was asked. */
  private readonly kept: boolean[] = [];

  /**
   * @param required names of the only labels anybody looks at; undefined: all.
   * @param keeps which labels results keep (those of an entry with an error keep all); undefined: all.
   * @param sharedMax as `PipelineOptions.sharedMax`.
   */
  constructor(
    private readonly requiredNames?: ReadonlySet<string>,
    private readonly keeps?: (name: string) => boolean,
    sharedMax?: number
  ) {
    this.cache = new ResultCache(sharedMax);
    const required = requiredNames;
    this.requiredCount = required ? required.size : -1;
    for (const name of required ?? []) {
      this.required[this.names.number(name)] = true;
    }
    this.preservesErrors = required?.has(errorLabel) ?? false;
  }

  /** Whether the error of a parser must not fail a metric query, because the query asks for errors itself. */
  private readonly preservesErrors: boolean;

  /** Everything that anybody looks at is there: a parser need not run (and won't find errors), as in Loki. */
  get complete(): boolean {
    return this.missing === 0;
  }

  /** Number of a label for a parser, or `unwanted` when nobody looks at it. */
  wantedNumber(name: string): number {
    const number = this.names.number(name);
    return this.requiredCount < 0 || this.required[number] || this.required[this.names.suffixed(number)] ? number : unwanted;
  }

  /** Whether a name that starts so can be wanted; undefined when all are. */
  prefixTest(): ((prefix: string) => boolean) | undefined {
    const names = this.requiredNames;
    return names && ((prefix) => [...names].some((name) => name.startsWith(prefix)));
  }

  stream(labels: Labels): StreamBase {
    const values = new Map<number, string>();
    for (const [name, value] of labels) {
      values.set(this.names.number(name), value);
    }
    const result = this.cache.share(sortedSet(Array.from(labels, ([name, value]) => ({ name, value, origin: 'stream' }))));
    return { values, result, results: new StreamResults(), shapes: new LabelShapes() };
  }

  /** A metadata set in the stream of `base`: names made valid, with a suffix where the stream has them. */
  metadataBase(base: StreamBase, metadata: Labels): MetadataBase {
    const pairs = [...metadata].map(([name, value]): [number, string] => {
      const number = this.names.number(sanitizeLabelName(name));
      return [base.values.has(number) ? this.names.suffixed(number) : number, value];
    });
    return { pairs, result: undefined };
  }

  /** Turns to an entry of a stream with its structured metadata. */
  begin(base: StreamBase, metadata: MetadataBase | undefined): void {
    this.base = base;
    this.error = '';
    this.errorDetails = '';
    this.count = 0;
    this.stamp++;
    if (this.removed.length > 0) {
      this.removed.length = 0;
    }
    this.changed = false;
    this.missing = this.requiredCount;
    this.metadata = metadata;
    if (metadata) {
      this.applyMetadata(metadata.pairs);
    }
  }

  /** Number of the label that a found field of this name becomes: with a suffix when the stream has the name. */
  parsedNumber(number: number): number {
    return this.base.values.has(number) ? this.names.suffixed(number) : number;
  }

  /** The value of a label, whatever it came from; undefined when there is none. `__error__` is not among them. */
  get(number: number): string | undefined {
    if (this.stamps[number] === this.stamp) {
      return this.valueAt(this.slots[number]);
    }
    return this.removed.length > 0 && this.removed.includes(number) ? undefined : (this.base.values.get(number) ?? (number === this.hiddenNumber ? this.hiddenValue : undefined));
  }

  /** Whether `get` would find a value. */
  has(number: number): boolean {
    return this.stamps[number] === this.stamp || this.get(number) !== undefined;
  }

  /** Whether the entry brought a label or a stage set it, even when it is gone by now. */
  isExtracted(number: number): boolean {
    return this.seen[number] === this.stamp;
  }

  /** The number that `read` makes of a value as it stands in the line; NaN when it can't, or the value is a text already. */
  numberIn(number: number, read: (bytes: Uint8Array, start: number, end: number) => number): number {
    if (this.stamps[number] !== this.stamp) {
      return NaN;
    }
    const at = this.slots[number];
    const kind = this.kinds[at];
    return this.values[at] === undefined && (kind === plainValue || kind === textValue || kind === rawValue) ? read(this.sources[at].bytes, this.starts[at], this.ends[at]) : NaN;
  }

  /** A label that stages can read but that is in no result. */
  setHidden(number: number, value: string): void {
    this.hiddenNumber = number;
    this.hiddenValue = value;
  }

  /** A label that the entry brings. */
  setBrought(number: number, value: string): void {
    const at = this.slot(number);
    this.values[at] = value;
    this.categories[at] = structured;
    this.changed = true;
  }

  /** Sets a label as found. Does not add a suffix. */
  set(number: number, value: string): void {
    const at = this.slot(number);
    this.values[at] = value;
    this.categories[at] = parsed;
    this.changed = true;
  }

  /** The same for a value that is read from bytes when somebody asks. */
  setBytes(number: number, source: Source, start: number, end: number, kind: ValueKind): void {
    this.fill(this.slot(number), source, start, end, kind);
  }

  /**
   * Takes a found field (FieldSink); `field` is a label number before a suffix. What was set before the parser began
   * (structured metadata, an earlier stage) stays, as Loki's parsers leave alone what is extracted already.
   */
  found(field: number, source: Source, start: number, end: number, kind: ValueKind): boolean {
    const at = this.foundSlot(field);
    if (at >= 0) {
      this.fill(at, source, start, end, kind);
      if (this.watched !== undefined && this.watched[this.ids[at]]?.(this) === false) {
        this.rejected = true;
        return false;
      }
    }
    return this.missing !== 0;
  }

  /** The same for a value that is a text already. */
  foundText(field: number, value: string): void {
    const at = this.foundSlot(field);
    if (at >= 0) {
      this.values[at] = value;
      this.categories[at] = parsed;
      this.changed = true;
    }
  }

  private fill(at: number, source: Source, start: number, end: number, kind: ValueKind): void {
    this.values[at] = undefined;
    this.sources[at] = source;
    this.starts[at] = start;
    this.ends[at] = end;
    this.kinds[at] = kind;
    this.categories[at] = parsed;
    this.changed = true;
  }

  private foundSlot(field: number): number {
    const number = this.base.values.has(field) ? this.names.suffixed(field) : field;
    const gone = this.seen[number] === this.stamp && this.stamps[number] !== this.stamp;
    const at = gone ? -1 : this.slot(number);
    return at < this.foundFrom ? -1 : at;
  }

  remove(number: number): void {
    if (this.stamps[number] === this.stamp) {
      this.drop(this.slots[number]);
    }
    if (this.base.values.has(number) || number === this.hiddenNumber) {
      this.removed.push(number);
    }
    this.changed = true;
  }

  setError(error: string, details: string | undefined): void {
    this.error = error;
    if (details !== undefined) {
      this.errorDetails = details;
    }
  }

  /** The error of a parser. */
  setParserError(error: string, details: string | undefined): void {
    this.setError(error, details);
    if (this.preservesErrors) {
      this.set(this.names.number(preserveErrorLabel), 'true');
    }
  }

  /** A parser begins: from here on `undoFound` can take found values back. */
  markFound(): void {
    this.foundFrom = this.count;
    this.rejected = false;
  }

  /** Whether the last parser found this label. */
  wasFound(number: number): boolean {
    return this.stamps[number] === this.stamp && this.slots[number] >= this.foundFrom;
  }

  /** Takes back what `found` did since `markFound`. */
  undoFound(): void {
    this.rejected = false;
    while (this.count > this.foundFrom) {
      const number = this.ids[--this.count];
      this.stamps[number] = 0;
      this.seen[number] = 0;
      if (this.required[number]) {
        this.missing++;
      }
    }
  }

  /** Numbers of all labels that are there now, errors left out, in no particular order. */
  present(): number[] {
    const numbers = this.ids.slice(0, this.count);
    for (const number of this.base.values.keys()) {
      if (this.stamps[number] !== this.stamp && !this.removed.includes(number)) {
        numbers.push(number);
      }
    }
    return numbers;
  }

  /** All labels with their values for a template, errors among them. */
  snapshot(): Map<string, string> {
    const all = new Map<string, string>();
    for (const number of this.present()) {
      all.set(this.names.name(number), this.get(number) ?? '');
    }
    if (this.hiddenNumber >= 0) {
      all.set(this.names.name(this.hiddenNumber), this.hiddenValue);
    }
    if (this.error !== '') {
      all.set(errorLabel, this.error);
    }
    if (this.errorDetails !== '' && (this.changed || this.error !== '' || this.count > 0)) {
      all.set(errorDetailsLabel, this.errorDetails);
    }
    return all;
  }

  /** What the stages made of the labels. Equal sets give the same object while it is in the cache. */
  result(): ResultLabels {
    if (!this.changed && this.error === '') {
      return this.metadata ? (this.metadata.result ??= this.cache.share(this.makeResult())) : this.base.result;
    }
    if (this.cache.rests()) {
      return this.makeResult();
    }
    const results = this.cache.resultsOf(this.base.results);
    const one = this.onlyChange();
    const known = one < 0 ? results.all : results.ofOne(2 * this.ids[one] + this.categories[one]);
    const key = one < 0 ? this.changesKey() : this.valueAt(one);
    return key.length > sharedTextMax ? this.makeResult() : (this.cache.known(known, key) ?? this.cache.remember(known, key, this.makeResult()));
  }

  /** The slot of the only change that results keep (`sum by (level)`), or -1: its value alone then names the result. */
  private onlyChange(): number {
    if (!this.keeps || this.error !== '' || this.errorDetails !== '' || this.removed.some((number) => this.isKept(number))) {
      return -1;
    }
    let only = -1;
    for (let i = 0; i < this.count; i++) {
      if (this.isKept(this.ids[i])) {
        if (only >= 0) {
          return -1;
        }
        only = i;
      }
    }
    return only;
  }

  private applyMetadata(pairs: Array<[number, string]>): void {
    for (const [number, value] of pairs) {
      const name = this.names.name(number);
      if (name === errorLabel) {
        this.error = value;
      } else if (name === errorDetailsLabel) {
        this.errorDetails = value;
      } else {
        const at = this.slot(number);
        this.values[at] = value;
        this.categories[at] = structured;
      }
    }
  }

  /** The slot of a label, a new one when it has none. */
  private slot(number: number): number {
    if (this.stamps[number] === this.stamp) {
      return this.slots[number];
    }
    const at = this.count++;
    this.stamps[number] = this.stamp;
    this.seen[number] = this.stamp;
    this.slots[number] = at;
    this.ids[at] = number;
    if (this.required[number]) {
      this.missing--;
    }
    return at;
  }

  private drop(at: number): void {
    this.stamps[this.ids[at]] = 0;
    const last = --this.count;
    for (let i = at; i < last; i++) {
      this.ids[i] = this.ids[i + 1];
      this.values[i] = this.values[i + 1];
      this.categories[i] = this.categories[i + 1];
      this.sources[i] = this.sources[i + 1];
      this.starts[i] = this.starts[i + 1];
      this.ends[i] = this.ends[i + 1];
      this.kinds[i] = this.kinds[i + 1];
      this.slots[this.ids[i]] = i;
    }
  }

  private valueAt(at: number): string {
    let value = this.values[at];
    if (value === undefined) {
      value = foundText(this.texts, this.sources[at], this.starts[at], this.ends[at], this.kinds[at]);
      this.values[at] = value;
    }
    return value;
  }

  private isKept(number: number): boolean {
    return !this.keeps || this.error !== '' || (this.kept[number] ??= this.keeps(this.names.name(number)));
  }

  /** Says what was set and removed, in order: equal keys give equal results within a stream. */
  private changesKey(): string {
    let key = '';
    for (let i = 0; i < this.count; i++) {
      if (this.isKept(this.ids[i])) {
        const value = this.valueAt(i);
        key += `${this.ids[i]}${this.categories[i] === parsed ? '=' : '~'}${value.length}:${value}`;
      }
    }
    for (const number of this.removed) {
      if (this.isKept(number)) {
        key += `-${number}`;
      }
    }
    return this.error === '' && this.errorDetails === '' ? key : `${key}!${this.error}\n${this.errorDetails}`;
  }

  private makeResult(): LabelSet {
    if (this.removed.length > 0 || this.error !== '' || this.errorDetails !== '') {
      return this.sortedSet();
    }
    const { shapes } = this.base;
    const shape = shapes.find(this.ids, this.categories, this.count) ?? shapes.learn(this.ids.slice(0, this.count), this.categories.slice(0, this.count), this.names, this.sortedSet());
    const values = shape.values.slice();
    for (let i = 0; i < this.count; i++) {
      values[shape.places[i]] = this.valueAt(i);
    }
    return new LabelSet(shape.names, values, shape.origins);
  }

  private sortedSet(): LabelSet {
    const labels: OriginatedLabel[] = [];
    for (let i = 0; i < this.count; i++) {
      labels.push({ name: this.names.name(this.ids[i]), value: this.valueAt(i), origin: this.categories[i] === parsed ? 'parsed' : 'structured' });
    }
    for (const [number, value] of this.base.values) {
      if (this.stamps[number] !== this.stamp && !(this.removed.length > 0 && this.removed.includes(number))) {
        labels.push({ name: this.names.name(number), value, origin: 'stream' });
      }
    }
    if (this.error !== '') {
      labels.push({ name: errorLabel, value: this.error, origin: 'parsed' });
    }
    if (this.errorDetails !== '') {
      labels.push({ name: errorDetailsLabel, value: this.errorDetails, origin: 'parsed' });
    }
    return sortedSet(labels);
  }
}
