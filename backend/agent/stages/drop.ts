import { parseGoDuration, quoteRegex } from '../../../src/logql';
import { byteLengthOfText } from '../bytes';
import { parseByteSize } from '../byteSize';
import type { Captures } from '../captures';
import { ConfigError, Plain } from '../config/yaml';
import type { Entry } from '../entry';
import { StageConfig, textList } from './decode';
import type { StageReader } from './pipeline';
import { compileExpression } from './regex';
import { valueText } from './values';

interface DropRule {
  sources: string[] | undefined;
  separator: string;
  regex: Captures | undefined;
  olderThanNs: bigint | undefined;
  longerThan: number | undefined;
}

/** `drop`: drops entries for which all given conditions hold. */
export const dropStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, true);
  const rule = readRule(config);
  const reason = config.text('drop_counter_reason') || 'drop_stage';
  return (context) => ({
    run(entry, next) {
      if (holds(rule, entry, context.nowMs())) {
        context.drop(entry, reason);
      } else {
        next(entry);
      }
    },
  });
};

function readRule(config: StageConfig): DropRule {
  const sources = readSources(config);
  const expression = config.text('expression');
  const value = config.text('value');
  const olderThan = config.text('older_than');
  const longerThan = config.text('longer_than');
  if (!sources && expression === undefined && olderThan === undefined && longerThan === undefined) {
    throw new ConfigError('drop stage config must contain at least one of `source`, `expression`, `older_than` or `longer_than`');
  }
  if (value !== undefined && !sources) {
    throw new ConfigError('drop stage config must contain `source` if `value` is specified');
  }
  if (value !== undefined && expression !== undefined) {
    throw new ConfigError('drop stage config error, `value` and `expression` cannot both be defined at the same time.');
  }
  const pattern = value === undefined ? expression : `^${quoteRegex(value)}$`;
  return {
    sources,
    separator: config.text('separator') ?? ';',
    regex: pattern === undefined ? undefined : compiled(pattern),
    olderThanNs: olderThan === undefined ? undefined : durationNs(olderThan),
    longerThan: longerThan === undefined ? undefined : sizeBytes(longerThan),
  };
}

function readSources(config: StageConfig): string[] | undefined {
  const raw = config.raw('source');
  if (raw === null) {
    return undefined;
  }
  if (raw instanceof Plain || !(typeof raw === 'string' || Array.isArray(raw))) {
    throw new ConfigError('drop stage source invalid type should be string or list of strings');
  }
  return typeof raw === 'string' ? [raw] : textList(raw);
}

function compiled(pattern: string): Captures {
  try {
    return compileExpression(pattern);
  } catch (error) {
    throw new ConfigError(`drop stage regex compilation error: ${(error as Error).message}`);
  }
}

function durationNs(text: string): bigint {
  const duration = parseGoDuration(text);
  if (!duration.ok) {
    throw new ConfigError(`drop stage invalid duration, ${text} cannot be converted to a duration: ${duration.error}`);
  }
  return BigInt(Math.trunc(duration.value));
}

function sizeBytes(text: string): number {
  const size = parseByteSize(text);
  if (size === undefined) {
    throw new ConfigError(`drop stage failed to parse longer_than to bytes: parsing "${text.toUpperCase()}": invalid syntax`);
  }
  return size;
}

function holds({ sources, separator, regex, olderThanNs, longerThan }: DropRule, entry: Entry, nowMs: number): boolean {
  if (longerThan !== undefined && byteLengthOfText(entry.line) <= longerThan) {
    return false;
  }
  if (olderThanNs !== undefined && entry.tsNs >= BigInt(Math.trunc(nowMs)) * 1_000_000n - olderThanNs) {
    return false;
  }
  if (sources && !regex) {
    return sources.every((source) => entry.extracted.has(source));
  }
  if (!regex) {
    return true;
  }
  if (!sources) {
    return regex.test(entry.line);
  }
  const values: string[] = [];
  for (const source of sources) {
    if (entry.extracted.has(source)) {
      const text = valueText(entry.extracted.get(source));
      if (text === undefined) {
        return false;
      }
      values.push(text);
    }
  }
  return regex.test(values.join(separator));
}
