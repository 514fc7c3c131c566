import { ConfigError, isMap, kindOf, Plain, type YamlValue } from '../config/yaml';
import { formatGoFloat } from '../../text/goNumber';

/**
 * The configuration of a stage, read as Go's mapstructure does: keys in any case, unknown keys ignored, null as if it was not there. Strict
 * readers take only the type they ask for; weak ones turn numbers and booleans into text and back.
 */
export class StageConfig {
  private readonly values = new Map<string, YamlValue>();

  constructor(
    config: YamlValue,
    private readonly weak: boolean
  ) {
    if (config !== null && !isMap(config)) {
      throw new ConfigError(`a map is expected, not ${kindOf(config)}`);
    }
    for (const [key, value] of config ?? []) {
      if (typeof key === 'string') {
        this.values.set(key.toLowerCase(), value);
      }
    }
  }

  raw(key: string): YamlValue {
    return this.values.get(key) ?? null;
  }

  /** undefined when it is missing or null. */
  text(key: string): string | undefined {
    const value = this.raw(key);
    if (value === null || typeof value === 'string') {
      return value ?? undefined;
    }
    if (this.weak && value instanceof Plain) {
      return typeof value.value === 'boolean' ? (value.value ? '1' : '0') : formatGoFloat(value.value, 'f', -1);
    }
    throw unconvertible(key, 'string', value);
  }

  number(key: string): number | undefined {
    const value = this.raw(key);
    if (value === null) {
      return undefined;
    }
    if (value instanceof Plain && typeof value.value === 'number') {
      return value.value;
    }
    if (this.weak && value instanceof Plain) {
      return value.value ? 1 : 0;
    }
    if (this.weak && typeof value === 'string') {
      const number = value.trim() === '' ? NaN : Number(value);
      if (Number.isNaN(number)) {
        throw new ConfigError(`cannot parse '${key}' as number: "${value}": invalid syntax`);
      }
      return number;
    }
    throw unconvertible(key, 'float64', value);
  }

  int(key: string): number | undefined {
    const value = this.number(key);
    if (value !== undefined && !Number.isInteger(value)) {
      throw new ConfigError(`cannot parse '${key}' as int: a whole number is expected`);
    }
    return value;
  }

  bool(key: string): boolean | undefined {
    const value = this.raw(key);
    if (value === null) {
      return undefined;
    }
    if (value instanceof Plain && typeof value.value === 'boolean') {
      return value.value;
    }
    if (this.weak && value instanceof Plain) {
      return value.value !== 0;
    }
    if (this.weak && typeof value === 'string' && /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False|)$/.test(value)) {
      return /^[1tT]/.test(value);
    }
    throw unconvertible(key, 'bool', value);
  }

  /** A map of texts, null where the value is null. */
  textMap(key: string): Map<string, string | null> | undefined {
    const value = this.raw(key);
    return value === null ? undefined : textMap(value, key);
  }

  /** `source`: missing is undefined, empty is an error. */
  source(): string | undefined {
    const source = this.text('source');
    if (source === '') {
      throw new ConfigError('empty source');
    }
    return source;
  }
}

/** A map of texts; keys and values must be text. */
export function textMap(value: YamlValue, name = ''): Map<string, string | null> {
  if (value === null) {
    return new Map();
  }
  if (!isMap(value)) {
    throw new ConfigError(`'${name}' expected a map, got '${kindOf(value)}'`);
  }
  const result = new Map<string, string | null>();
  for (const [key, item] of value) {
    if (typeof key !== 'string') {
      throw unconvertible(`${name}[key]`, 'string', key);
    }
    if (item !== null && typeof item !== 'string') {
      throw unconvertible(`${name}[${key}]`, 'string', item);
    }
    result.set(key, item);
  }
  return result;
}

/** A list of texts. */
export function textList(value: YamlValue): string[] {
  if (value === null) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw new ConfigError(`source data must be an array or slice, got ${kindOf(value)}`);
  }
  return value.map((item, i) => {
    if (typeof item !== 'string') {
      throw unconvertible(`[${i}]`, 'string', item);
    }
    return item;
  });
}

function unconvertible(key: string, type: string, value: YamlValue): ConfigError {
  const shown = value instanceof Plain ? `, value: '${value.source}'` : '';
  // Names such as n and on are booleans of YAML 1.1, and a status such as 200 is a number.
  const quoted = value instanceof Plain && type === 'string' ? `; in quotes, "${value.source}", it is text` : '';
  return new ConfigError(`'${key}' expected type '${type}', got unconvertible type '${kindOf(value)}'${shown}${quoted}`);
}
