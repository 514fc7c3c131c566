import jmespath from 'jmespath';
import { hasRawBytes } from '../bytes';
import { ConfigError } from '../config/yaml';
import { StageConfig } from './decode';
import { goJson } from './goJson';
import type { StageReader } from './pipeline';
import { inputOf } from './values';

/** A lookup in parsed JSON: undefined where the expression fails, null where it finds nothing. */
type Lookup = (data: object) => unknown;

/** `json`: JMESPath expressions over the line (or a source) become extracted values. */
export const jsonStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, false);
  const expressions = config.textMap('expressions');
  const source = config.source();
  const dropMalformed = config.bool('drop_malformed') ?? false;
  if (!expressions || expressions.size === 0) {
    throw new ConfigError('JMES expression is required');
  }
  const lookups = [...expressions].map(([name, expression]) => [name, compileLookup(expression || name, name)] as const);
  return (context) => ({
    run(entry, next) {
      const input = inputOf(entry, source);
      const data = input === undefined ? null : parseObject(input);
      if (data === undefined) {
        return dropMalformed ? context.drop(entry, undefined) : next(entry);
      }
      if (input !== undefined) {
        for (const [name, lookup] of lookups) {
          const value = lookup(data ?? {});
          if (value !== undefined) {
            entry.extracted.set(name, value !== null && typeof value === 'object' ? goJson(value) : value);
          }
        }
      }
      next(entry);
    },
  });
};

/** An object, null for the text `null`, undefined for what is no JSON object. */
function parseObject(text: string): object | null | undefined {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && !Array.isArray(data) ? (data as object | null) && (loneSurrogate.test(text) && !hasRawBytes(text) ? repaired(data) : (data as object)) : undefined;
  } catch {
    // The usual case of a line that is not JSON.
    return undefined;
  }
}

const loneSurrogate = /\\u[dD][89a-fA-F]/;

/** Go reads half of a surrogate pair as U+FFFD. */
function repaired(value: unknown): object {
  return JSON.parse(JSON.stringify(value).replace(/\\ud[89a-f][0-9a-f]{2}/g, '\ufffd')) as object;
}

/** The library's types leave it out. */
const { compile: checkSyntax } = jmespath as unknown as { compile(expression: string): unknown };

/** A path of plain names is followed directly: the library parses its expression for each line. */
const plainPath = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

function compileLookup(expression: string, name: string): Lookup {
  if (plainPath.test(expression)) {
    const names = expression.split('.');
    return (data) => {
      let value: unknown = data;
      for (const name of names) {
        if (value === null || typeof value !== 'object' || Array.isArray(value) || !Object.hasOwn(value, name)) {
          return null;
        }
        value = (value as Record<string, unknown>)[name];
      }
      return value;
    };
  }
  try {
    checkSyntax(expression);
  } catch (error) {
    const quoted = /^[\w.-]+$/.test(expression) ? `; a name with other characters than letters, digits and _ is quoted: '"${expression}"'` : '';
    throw new ConfigError(`could not compile JMES expression \`${expression}\` of ${name}: ${(error as Error).message}${quoted}`);
  }
  return (data) => {
    try {
      const value: unknown = jmespath.search(data, expression);
      // The library reads through to inherited members such as `constructor`.
      return typeof value === 'function' ? null : (value ?? null);
    } catch {
      // A function got a value of the wrong type: the name keeps what it had.
      return undefined;
    }
  };
}
