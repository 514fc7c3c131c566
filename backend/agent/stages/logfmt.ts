import { hasRawBytes } from '../bytes';
import { ConfigError } from '../config/yaml';
import { StageConfig } from './decode';
import type { StageReader } from './pipeline';
import { inputOf } from './values';

/** `logfmt`: values of named keys become extracted values; what comes before an error in the line counts. */
export const logfmtStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, false);
  const mapping = config.textMap('mapping');
  const source = config.source();
  if (!mapping || mapping.size === 0) {
    throw new ConfigError('logfmt mapping is required');
  }
  const names = new Map([...mapping].map(([name, key]) => [key || name, name]));
  return () => ({
    run(entry, next) {
      const input = inputOf(entry, source);
      if (input !== undefined) {
        for (const line of input.split('\n')) {
          const done = scan(line, (key, value) => {
            const name = names.get(key);
            if (name !== undefined) {
              entry.extracted.set(name, value);
            }
          });
          if (!done) {
            break;
          }
        }
      }
      next(entry);
    },
  });
};

/**
 * The strict decoder of go-logfmt (decode.go), unlike the tolerant one of LogQL: false at a quote or an equals sign in the wrong place, or
 * a quoted value that is not right; the pairs before it were handed over.
 */
function scan(line: string, found: (key: string, value: string) => void): boolean {
  let at = 0;
  for (;;) {
    while (at < line.length && line.charCodeAt(at) <= 0x20) {
      at++;
    }
    if (at >= line.length) {
      return true;
    }
    const keyStart = at;
    while (at < line.length && line[at] !== '=' && line[at] !== '"' && line.charCodeAt(at) > 0x20) {
      at++;
    }
    const key = line.slice(keyStart, at);
    if (line[at] === '"' || (line[at] === '=' && key === '') || key.includes('\ufffd') || hasRawBytes(key)) {
      return false;
    }
    if (line[at] !== '=') {
      found(key, '');
      continue;
    }
    const value = line[at + 1] === '"' ? quotedValue(line, at + 1) : plainValue(line, at + 1);
    if (!value) {
      return false;
    }
    found(key, value.text);
    at = value.end;
  }
}

interface Value {
  text: string;
  end: number;
}

function plainValue(line: string, start: number): Value | undefined {
  let end = start;
  while (end < line.length && line.charCodeAt(end) > 0x20) {
    if (line[end] === '=' || line[end] === '"') {
      return undefined;
    }
    end++;
  }
  return { text: line.slice(start, end), end };
}

function quotedValue(line: string, start: number): Value | undefined {
  let end = start + 1;
  while (end < line.length && line[end] !== '"') {
    end += line[end] === '\\' ? 2 : 1;
  }
  if (end >= line.length) {
    return undefined;
  }
  const text = line.slice(start + 1, end);
  if (!text.includes('\\')) {
    return { text, end: end + 1 };
  }
  try {
    return { text: JSON.parse(line.slice(start, end + 1)) as string, end: end + 1 };
  } catch {
    // An escape that does not exist, or a control character beside one.
    return undefined;
  }
}
