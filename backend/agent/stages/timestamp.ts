import { formatGoTime, type GoTime, isZone, namedLayouts } from '../../text/goTime';
import { parseGoTime, TimeParseError } from '../../text/goTimeParse';
import { ConfigError } from '../config/yaml';
import type { Entry } from '../entry';
import { StageConfig, textList } from './decode';
import type { StageReader } from './pipeline';
import { valueText } from './values';

/** Text to nanoseconds; undefined when it does not fit. */
type TimeReader = (text: string, nowMs: () => number) => bigint | undefined;

/** Label sets whose last time is remembered. */
const lastTimesMax = 10_000;

/** `timestamp`: the time of the entry from an extracted value; when it can't be read, a nanosecond after the last one of the stream. */
export const timestampStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, false);
  const source = config.text('source');
  const format = config.text('format');
  const location = config.text('location') ?? '';
  const action = config.text('action_on_failure') || 'fudge';
  if (!source) {
    throw new ConfigError('timestamp source value is required if timestamp is specified');
  }
  if (!format) {
    throw new ConfigError('timestamp format is required');
  }
  if (location !== '' && location !== 'Local' && !isZone(location)) {
    throw new ConfigError(`invalid location specified: unknown time zone ${location}`);
  }
  if (action !== 'skip' && action !== 'fudge') {
    throw new ConfigError('invalid action on failure (supported values are [skip fudge])');
  }
  const zone = location === 'Local' ? Intl.DateTimeFormat().resolvedOptions().timeZone : location || 'UTC';
  const readers = [format, ...textList(config.raw('fallback_formats'))].map((layout) => timeReader(layout, zone));
  return (context) => {
    const fudge = action === 'fudge' ? new LastTimes() : undefined;
    return {
      run(entry, next) {
        const text = valueText(entry.extracted.get(source));
        const tsNs = text === undefined ? undefined : firstTime(readers, text, context.nowMs);
        if (tsNs !== undefined) {
          entry.tsNs = tsNs;
          fudge?.set(entry);
        } else {
          fudge?.advance(entry);
        }
        next(entry);
      },
    };
  };
};

/** The last time of each stream, the least recently used forgotten. */
class LastTimes {
  private readonly times = new Map<string, bigint>();

  set(entry: Entry): void {
    const key = entry.labels.text;
    this.times.delete(key);
    this.times.set(key, entry.tsNs);
    if (this.times.size > lastTimesMax) {
      this.times.delete(this.times.keys().next().value!);
    }
  }

  /** A nanosecond after the last time of the stream, when there is one. */
  advance(entry: Entry): void {
    const last = this.times.get(entry.labels.text);
    if (last !== undefined) {
      entry.tsNs = last + 1n;
      this.set(entry);
    }
  }
}

function firstTime(readers: readonly TimeReader[], text: string, nowMs: () => number): bigint | undefined {
  for (const reader of readers) {
    const tsNs = reader(text, nowMs);
    if (tsNs !== undefined) {
      return tsNs;
    }
  }
  return undefined;
}

const unixScales = new Map([['UnixMs', 1_000_000n], ['UnixUs', 1_000n], ['UnixNs', 1n]]);

function timeReader(format: string, zone: string): TimeReader {
  if (format === 'Unix') {
    return unixSeconds;
  }
  const scale = unixScales.get(format);
  if (scale !== undefined) {
    return (text) => {
      const value = wholeNumber(text);
      // Promtail's own arithmetic: what is too large for nanoseconds in 64 bits wraps around.
      return value === undefined ? undefined : BigInt.asIntN(64, value * scale);
    };
  }
  const named = namedLayouts.get(format);
  if (named !== undefined) {
    return (text) => parsed(named, text, 'UTC')?.ns;
  }
  // `2006` has it too.
  const hasYear = format.includes('06');
  return hasYear ? (text) => parsed(format, text, zone)?.ns : (text, nowMs) => withoutYear(format, text, zone, nowMs());
}

/** Seconds with up to nine digits behind one point. */
function unixSeconds(text: string): bigint | undefined {
  const parts = text.split('.');
  const seconds = wholeNumber(parts[0]);
  if (seconds === undefined || parts.length > 2) {
    return undefined;
  }
  if (parts.length === 1) {
    return seconds * 1_000_000_000n;
  }
  const fraction = wholeNumber(parts[1]);
  return fraction === undefined ? undefined : seconds * 1_000_000_000n + BigInt(Math.trunc(Number(fraction) * 10 ** (9 - parts[1].length)));
}

/** An int64 as Go's ParseInt reads it. */
function wholeNumber(text: string): bigint | undefined {
  if (!/^[+-]?\d{1,19}$/.test(text)) {
    return undefined;
  }
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function parsed(layout: string, text: string, zone: string): GoTime | undefined {
  try {
    return parseGoTime(layout, text, zone);
  } catch (error) {
    if (error instanceof TimeParseError) {
      return undefined;
    }
    throw error;
  }
}

/** A text without a year is of this year, or of the one next to it around New Year. */
function withoutYear(layout: string, text: string, zone: string, nowMs: number): bigint | undefined {
  const time = parsed(layout, text, zone);
  if (!time) {
    return undefined;
  }
  const now = new Date(nowMs);
  const nowMonth = now.getUTCMonth() + 1;
  const month = Number(formatGoTime(time, '1'));
  const year = now.getUTCFullYear() + (month === 12 && nowMonth === 1 ? -1 : month === 1 && nowMonth === 12 ? 1 : 0);
  return parsed(`2006 ${layout}`, `${year} ${text}`, zone)?.ns;
}
