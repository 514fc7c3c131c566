import { findLabelMap, rankSeries } from '../../src/correlate';
import { parseFlags, type Flags } from '../config/flags';
import { readLabelSets, readSeries, readTarget } from './files';

/** Where a command writes; tests give their own. */
export interface Output {
  write(text: string): void;
}

interface Streams {
  out: Output;
  err: Output;
}

/** A wrong use of the command: exit status 2. */
class Misuse extends Error {}

/**
 * `binocle correlate ...`; `words` are those behind `correlate`. Answers the exit status: 0 done, 1 failed (the reason is on standard error),
 * 2 asked wrongly.
 */
export async function runCorrelateCommand(words: string[], streams: Streams = { out: process.stdout, err: process.stderr }): Promise<number> {
  try {
    await dispatch(words, streams);
    return 0;
  } catch (error) {
    streams.err.write(`binocle correlate: ${(error as Error).message}\n`);
    return error instanceof Misuse ? 2 : 1;
  }
}

async function dispatch(words: string[], { out }: Streams): Promise<void> {
  const flags = parseFlags(words, new Set(['provision', 'help', 'h']));
  const [what, ...rest] = flags.arguments;
  if (rest.length > 0) {
    throw new Misuse(`what is ${JSON.stringify(rest[0])}?`);
  }
  switch (what) {
    case 'map': {
      allow(flags, ['logs', 'metrics']);
      const [logs, metrics] = await Promise.all([readLabelSets(need(flags, 'logs')), readLabelSets(need(flags, 'metrics'))]);
      out.write(`${JSON.stringify({ pairs: findLabelMap(logs, metrics) })}\n`);
      return;
    }
    case 'rank': {
      allow(flags, ['target', 'series']);
      const [target, series] = await Promise.all([readTarget(need(flags, 'target')), readSeries(need(flags, 'series'))]);
      out.write(`${JSON.stringify(rankSeries(target, series))}\n`);
      return;
    }
    default:
      throw new Misuse(what === undefined ? 'say map, rank or --prometheus URL; --help says more' : `there is no ${JSON.stringify(what)}, only map and rank`);
  }
}

function need(flags: Flags, name: string): string {
  const value = flags.values.get(name);
  if (value === undefined || value === 'true') {
    throw new Misuse(`--${name} is missing`);
  }
  return value;
}

function allow(flags: Flags, names: readonly string[]): void {
  for (const name of flags.values.keys()) {
    if (!names.includes(name)) {
      throw new Misuse(`there is no flag --${name} here, only ${names.map((one) => `--${one}`).join(', ')}`);
    }
  }
}
