import { nearest, parseBytes, parseDuration } from '../../src/logql';

export interface UnusedKey {
  /** Dotted. */
  path: string;
  /** A known key that it looks like. */
  meant?: string;
}

/**
 * Reads typed values out of a parsed YAML mapping and remembers which keys were asked for, so that the rest can be reported. Lenient
 * where Loki's files of different years differ: numbers and booleans may be text, a duration may be a plain 0.
 */
export class Section {
  private readonly asked = new Set<string>();
  private readonly children = new Map<string, Section>();

  constructor(
    readonly values: unknown,
    /** Dotted path for messages, '' at the top. */
    readonly path = ''
  ) {}

  get exists(): boolean {
    return this.mapping() !== undefined;
  }

  has(key: string): boolean {
    return this.mapping()?.[key] !== undefined;
  }

  /** The value as it is; counts as used. */
  raw(key: string): unknown {
    this.asked.add(key);
    const mapping = this.mapping();
    return mapping && Object.hasOwn(mapping, key) ? (mapping[key] ?? undefined) : undefined;
  }

  section(key: string): Section {
    let child = this.children.get(key);
    if (!child) {
      child = new Section(this.raw(key), this.path === '' ? key : `${this.path}.${key}`);
      this.children.set(key, child);
    }
    return child;
  }

  list(key: string): unknown[] {
    const value = this.raw(key);
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  }

  sections(key: string): Section[] {
    return this.list(key).map((value, i) => new Section(value, `${this.path}${this.path ? '.' : ''}${key}[${i}]`));
  }

  text(key: string): string | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'string') {
      return value;
    }
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
      return String(value);
    }
    throw this.error(key, 'a text');
  }

  texts(key: string): string[] | undefined {
    const value = this.raw(key);
    if (value === undefined) {
      return undefined;
    }
    // Loki's command line form of a list: a,b,c.
    return typeof value === 'string' ? value.split(',').map((text) => text.trim()).filter(Boolean) : this.list(key).map(String);
  }

  boolean(key: string): boolean | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'boolean') {
      return value;
    }
    if (value === 'true' || value === 'false') {
      return value === 'true';
    }
    throw this.error(key, 'true or false');
  }

  number(key: string): number | undefined {
    const value = this.raw(key);
    if (value === undefined) {
      return undefined;
    }
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) {
      throw this.error(key, 'a number');
    }
    return number;
  }

  /** Nanoseconds. `15m`, `1h30m`, `7d`, and 0 without a unit. */
  durationNs(key: string): bigint | undefined {
    const value = this.raw(key);
    if (value === undefined) {
      return undefined;
    }
    if (value === 0 || value === '0') {
      return 0n;
    }
    const parsed = typeof value === 'string' ? parseDuration(value.trim()) : undefined;
    if (!parsed?.ok) {
      throw this.error(key, 'a duration such as 15m or 168h');
    }
    return BigInt(Math.round(parsed.value));
  }

  /** Bytes. Loki's sizes are powers of 1024, whether written KB or KiB; a number without unit is bytes. */
  bytes(key: string): number | undefined {
    const value = this.raw(key);
    return value === undefined ? undefined : sizeInBytes(value, () => this.error(key, 'a size such as 256KB or 10MB'));
  }

  /** Everything that is there and was never asked for, with the key that was probably meant; a whole section counts once. */
  unused(): UnusedKey[] {
    const mapping = this.mapping();
    if (!mapping) {
      return [];
    }
    return Object.keys(mapping).flatMap((key) => {
      const path = this.path === '' ? key : `${this.path}.${key}`;
      const child = this.children.get(key);
      if (child?.exists) {
        return child.unused();
      }
      const missing = [...this.asked].filter((name) => !Object.hasOwn(mapping, name));
      return this.asked.has(key) ? [] : [{ path, meant: nearest(key, missing) }];
    });
  }

  error(key: string, expected: string): Error {
    const value = JSON.stringify(this.mapping()?.[key] ?? null) ?? '';
    return new Error(`${this.path === '' ? key : `${this.path}.${key}`}: ${expected} is expected, not ${value.slice(0, 100)}`);
  }

  private mapping(): Record<string, unknown> | undefined {
    const { values } = this;
    return typeof values === 'object' && values !== null && !Array.isArray(values) && !(values instanceof Date) ? (values as Record<string, unknown>) : undefined;
  }
}

/** `256MB`, `1GiB`, `64k` or a number of bytes; powers of 1024 throughout. Throws what `wrong` makes when it is none. */
export function sizeInBytes(value: unknown, wrong: () => Error): number {
  if (typeof value === 'number' && value >= 0) {
    return Math.round(value);
  }
  const found = /^\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:i?b)?\s*$/i.exec(String(value));
  if (!found) {
    const parsed = parseBytes(String(value));
    if (!parsed.ok) {
      throw wrong();
    }
    return parsed.value;
  }
  return Math.round(Number(found[1]) * 1024 ** ['', 'k', 'm', 'g', 't', 'p'].indexOf(found[2].toLowerCase()));
}
