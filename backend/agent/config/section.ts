import { nearest } from '../../../src/logql/nearest';
import { parseGoDuration, parsePrometheusDuration } from '../../../src/logql/units';
import { parseByteSize } from '../byteSize';
import { ConfigError, isMap, kindOf, Plain, type YamlMap, type YamlValue } from './yaml';

/** A key that was read past: reported once, at the start. */
export interface Ignored {
  key: string;
  /** Promtail does not know it either. */
  mistake: boolean;
  /** The key that was probably meant. */
  meant?: string;
  /** What is written today where the key was in the past. */
  today?: string;
}

/** A map of the configuration, read key by key: each reader names the path in its errors, and what nobody asked for is reported. */
export class Section {
  private readonly values = new Map<string, YamlValue>();
  private readonly asked = new Set<string>();

  /** @param path where the map stands, e.g. `clients[0]`; '' at the top. */
  constructor(
    value: YamlValue | undefined,
    readonly path: string,
    private readonly ignored: Ignored[]
  ) {
    if (value !== null && value !== undefined && !isMap(value)) {
      throw new ConfigError(`${path || 'the configuration'}: cannot unmarshal ${kindOf(value)}, a map is expected`);
    }
    for (const [key, item] of value ?? (new Map() as YamlMap)) {
      this.values.set(keyText(key, path), item);
    }
  }

  has(key: string): boolean {
    this.asked.add(key);
    return this.values.has(key) && this.values.get(key) !== null;
  }

  raw(key: string): YamlValue | undefined {
    this.asked.add(key);
    return this.values.get(key);
  }

  at(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  text(key: string, otherwise: string): string;
  text(key: string, otherwise: string | undefined): string | undefined;
  text(key: string, otherwise: string | undefined): string | undefined {
    const value = this.raw(key);
    return value === undefined || value === null ? otherwise : textOf(value, this.at(key));
  }

  bool(key: string, otherwise: boolean): boolean {
    const value = this.raw(key);
    if (value === undefined || value === null) {
      return otherwise;
    }
    if (value instanceof Plain && typeof value.value === 'boolean') {
      return value.value;
    }
    throw this.wrong(key, value, 'a boolean');
  }

  /** A number; in YAML a number, nothing else. */
  number(key: string, otherwise: number): number {
    const value = this.raw(key);
    if (value === undefined || value === null) {
      return otherwise;
    }
    if (value instanceof Plain && typeof value.value === 'number') {
      return value.value;
    }
    throw this.wrong(key, value, 'a number');
  }

  int(key: string, otherwise: number): number {
    const value = this.number(key, otherwise);
    if (!Number.isInteger(value)) {
      throw this.wrong(key, String(value), 'a whole number');
    }
    return value;
  }

  /** A size in bytes: a number, or text with a unit (`10KB`). */
  bytes(key: string, otherwise: number): number {
    const value = this.raw(key);
    if (value === undefined || value === null) {
      return otherwise;
    }
    const text = textOf(value, this.at(key));
    const size = parseByteSize(text);
    if (size === undefined) {
      throw new ConfigError(`${this.at(key)}: \`${text}\` is no size such as 256KB`);
    }
    return size;
  }

  /** A duration in Go's form (`1m30s`), or Prometheus' (`1d`), or a number of nanoseconds; in milliseconds. */
  durationMs(key: string, otherwise: number): number {
    const value = this.raw(key);
    if (value === undefined || value === null) {
      return otherwise;
    }
    if (value instanceof Plain && typeof value.value === 'number') {
      return value.value / 1e6;
    }
    const text = textOf(value, this.at(key));
    const go = parseGoDuration(text);
    const duration = go.ok ? go : parsePrometheusDuration(text);
    if (!duration.ok) {
      throw new ConfigError(`${this.at(key)}: cannot unmarshal ${kindOf(value)} \`${text}\` into a duration such as 10s`);
    }
    return duration.value / 1e6;
  }

  /** A map below this one; empty when it is missing. */
  section(key: string): Section {
    return new Section(this.raw(key), this.at(key), this.ignored);
  }

  /** The maps of a list; a single map is refused as in Promtail. */
  sections(key: string): Section[] {
    return this.list(key).map((value, i) => new Section(value, `${this.at(key)}[${i}]`, this.ignored));
  }

  list(key: string): YamlValue[] {
    const value = this.raw(key);
    if (value === undefined || value === null) {
      return [];
    }
    if (!Array.isArray(value)) {
      throw this.wrong(key, value, 'a list');
    }
    return value;
  }

  texts(key: string): string[] {
    return this.list(key).map((value, i) => textOf(value, `${this.at(key)}[${i}]`));
  }

  textMap(key: string): Map<string, string> {
    const value = this.raw(key);
    if (value === undefined || value === null) {
      return new Map();
    }
    if (!isMap(value)) {
      throw this.wrong(key, value, 'a map of text');
    }
    return new Map([...value].map(([name, item]) => [keyText(name, this.at(key)), item === null ? '' : textOf(item, `${this.at(key)}.${keyText(name, '')}`)]));
  }

  /** Keys that mean something to Promtail and nothing here. */
  ignore(...keys: string[]): void {
    keys.forEach((key) => {
      if (this.has(key)) {
        this.ignored.push({ key: this.at(key), mistake: false });
      }
    });
  }

  /** A key of the past. */
  gone(key: string, today: string): void {
    if (this.has(key)) {
      this.ignored.push({ key: this.at(key), mistake: true, today });
    }
  }

  /** To be called when every key was asked for: notes the rest as mistakes. */
  finish(): void {
    this.ignored.push(...this.unknown());
  }

  /** As `finish`, but unknown keys are errors. */
  finishStrict(): void {
    const [first] = this.unknown();
    if (first) {
      throw new ConfigError(unknownKey(first));
    }
  }

  private unknown(): Ignored[] {
    const missing = [...this.asked].filter((key) => !this.values.has(key));
    return [...this.values.keys()].filter((key) => !this.asked.has(key)).map((key) => ({ key: this.at(key), mistake: true, meant: nearest(key, missing) }));
  }

  private wrong(key: string, value: YamlValue, wanted: string): ConfigError {
    const shown = typeof value === 'string' ? ` \`${value}\`` : value instanceof Plain ? ` \`${value.source}\`` : '';
    return new ConfigError(`${this.at(key)}: cannot unmarshal ${kindOf(value)}${shown}, ${wanted} is expected`);
  }
}

/** What is wrong with a key that is a mistake, in words. */
export const unknownKey = ({ key, meant, today }: Ignored): string =>
  `there is no key ${key}${meant ? ` (did you mean ${meant}?)` : ''}${today ? ` any more; ${today}` : ''}`;

function keyText(key: YamlValue, path: string): string {
  if (typeof key === 'string') {
    return key;
  }
  if (key instanceof Plain) {
    return key.source;
  }
  throw new ConfigError(`${path}: a key must be text`);
}

function textOf(value: YamlValue, path: string): string {
  if (typeof value === 'string') {
    return value;
  }
  if (value instanceof Plain) {
    return value.source;
  }
  throw new ConfigError(`${path}: cannot unmarshal ${kindOf(value)} into text`);
}
