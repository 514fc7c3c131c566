/** The text of a `*.logtest` file as commands. README.md says what it means. */
export type Command = LoadCommand | ClearCommand | AskCommand;

export interface LoadCommand {
  kind: 'load';
  tenant: string;
  streams: LoadedStream[];
  line: number;
}

export interface LoadedStream {
  /** Selector text, `{app="api"}`. */
  labels: string;
  entries: LoadedEntry[];
}

export interface LoadedEntry {
  /** Nanoseconds after the zero of the script. */
  sinceNs: bigint;
  line: string;
  metadata: Array<[string, string]>;
}

export interface ClearCommand {
  kind: 'clear';
  line: number;
}

/** A question with the answer that is expected: the indented lines below it, as they stand. */
export interface AskCommand {
  kind: 'ask';
  verb: 'logs' | 'range' | 'instant' | 'explain';
  tenant: string;
  fromNs: bigint;
  toNs: bigint;
  stepNs: bigint;
  limit: number;
  direction: 'forward' | 'backward';
  intervalNs: bigint;
  query: string;
  expected: string[];
  /** Lines of the file, from 0: the command itself, and the part below it that `--update` replaces. */
  line: number;
  expectedFrom: number;
  expectedTo: number;
}

/** Reads a script. Throws an Error that names the line. */
export function readScript(text: string): Command[] {
  const lines = text.split('\n');
  const commands: Command[] = [];
  let at = 0;
  while (at < lines.length) {
    const from = at;
    const line = lines[at++];
    if (line.trim() === '' || line.startsWith('#')) {
      continue;
    }
    if (line.startsWith(' ')) {
      throw scriptError(from, 'an indented line must follow a command');
    }
    let query = '';
    if (line.trimEnd().endsWith('<<')) {
      const inner: string[] = [];
      while (at < lines.length && lines[at].trim() !== '>>') {
        inner.push(lines[at++].replace(/^ {2}/, ''));
      }
      at++;
      query = inner.join('\n');
    }
    const below: string[] = [];
    const belowFrom = at;
    while (at < lines.length && lines[at].startsWith('  ')) {
      below.push(lines[at++]);
    }
    commands.push(readCommand(line, query, below, { line: from, expectedFrom: belowFrom, expectedTo: at }));
  }
  return commands;
}

interface Place {
  line: number;
  expectedFrom: number;
  expectedTo: number;
}

function readCommand(text: string, heredoc: string, below: string[], place: Place): Command {
  const verb = /^\w+/.exec(text)?.[0] ?? '';
  switch (verb) {
    case 'clear':
      return { kind: 'clear', line: place.line };
    case 'load':
      return { kind: 'load', tenant: /^load for (\S+)$/.exec(text.trim())?.[1] ?? 'test', streams: readStreams(below, place), line: place.line };
    case 'logs':
    case 'range':
    case 'instant':
    case 'explain':
      return readAsk(verb, text.slice(verb.length).replace(/<<\s*$/, ''), heredoc, below, place);
    default:
      throw scriptError(place.line, `unknown command "${verb}": load, clear, logs, range, instant or explain`);
  }
}

function readStreams(below: string[], place: Place): LoadedStream[] {
  const streams: LoadedStream[] = [];
  below.forEach((line, i) => {
    if (/^ {2}\{/.test(line)) {
      streams.push({ labels: line.trim(), entries: [] });
    } else if (/^ {4}\S/.test(line) && streams.length > 0) {
      streams[streams.length - 1].entries.push(...readEntries(line.slice(4), place.expectedFrom + i));
    } else {
      throw scriptError(place.expectedFrom + i, 'expected a stream, indented by two, or an entry, indented by four');
    }
  });
  return streams;
}

const time = String.raw`-?[\d.]+(?:ns|us|ms|s|m|h|d)(?:[\d.]+(?:ns|us|ms|s|m|h|d))*`;
const repeated = new RegExp(`^every (${time}) from (${time}) to (${time})(?:\\s{1,3}(.*))?$`);
const single = new RegExp(`^(${time})(?:\\s+(.*))?$`);

function readEntries(text: string, line: number): LoadedEntry[] {
  const every = repeated.exec(text);
  if (every) {
    const [step, from, to] = every.slice(1, 4).map((part) => durationNs(part, line));
    const count = Number((to - from) / step) + 1;
    return Array.from({ length: count }, (_, i) => readEntry(from + BigInt(i) * step, (every[4] ?? '').replaceAll('%i', String(i)), line));
  }
  const one = single.exec(text);
  if (!one) {
    throw scriptError(line, 'expected a time such as 10s and a line, or: every 1s from 0s to 1m and a line');
  }
  return [readEntry(durationNs(one[1], line), one[2] ?? '', line)];
}

function readEntry(sinceNs: bigint, text: string, line: number): LoadedEntry {
  const marked = /^!\{(.*?)\}\s?(.*)$/.exec(text);
  if (!marked) {
    return { sinceNs, line: readText(text, line), metadata: [] };
  }
  const metadata = [...marked[1].matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g)].map((pair): [string, string] => [pair[1], JSON.parse(pair[2]) as string]);
  return { sinceNs, line: readText(marked[2], line), metadata };
}

/** Plain text, or `$"..."` with JSON's escapes for what would not survive in a text file. */
function readText(text: string, line: number): string {
  if (!text.startsWith('$"')) {
    return text;
  }
  try {
    return JSON.parse(text.slice(1)) as string;
  } catch {
    throw scriptError(line, 'what follows $ must be a JSON string');
  }
}

export function writeText(text: string): string {
  const plain = text !== '' && text === text.trim() && !/[\u0000-\u001f\u007f]/.test(text) && !/^(\$"|!\{)/.test(text);
  return plain ? text : `$${JSON.stringify(text)}`;
}

/** Options before the query, in any order: `for T`, `from A to B`, `at A`, `step D`, `limit N`, `interval D`, `forward`, `backward`. */
function readAsk(verb: AskCommand['verb'], text: string, heredoc: string, below: string[], place: Place): AskCommand {
  const ask: AskCommand = {
    kind: 'ask', verb, tenant: 'test', fromNs: 0n, toNs: 0n, stepNs: verb === 'instant' ? 0n : 60_000_000_000n, limit: 1000,
    direction: 'forward', intervalNs: 0n, query: '', expected: below.map((line) => line.slice(2)), ...place,
  };
  let rest = text.trim();
  for (;;) {
    const option = new RegExp(`^(?:for (\\S+)|from (${time}) to (${time})|at (${time})|step (${time})|limit (\\d+)|interval (${time})|(forward|backward))(?:\\s+|$)`).exec(rest);
    if (!option) {
      break;
    }
    rest = rest.slice(option[0].length);
    applyOption(ask, option, place.line);
  }
  return { ...ask, query: heredoc === '' ? rest : heredoc };
}

function applyOption(ask: AskCommand, [, tenant, from, to, at, step, limit, interval, direction]: string[], line: number): void {
  if (tenant) {
    ask.tenant = tenant;
  } else if (from) {
    ask.fromNs = durationNs(from, line);
    ask.toNs = durationNs(to, line);
  } else if (at) {
    ask.fromNs = ask.toNs = durationNs(at, line);
    ask.stepNs = 0n;
  } else if (step) {
    ask.stepNs = durationNs(step, line);
  } else if (limit) {
    ask.limit = Number(limit);
  } else if (interval) {
    ask.intervalNs = durationNs(interval, line);
  } else {
    ask.direction = direction as AskCommand['direction'];
  }
}

const unitsNs: Record<string, bigint> = {
  ns: 1n, us: 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n, d: 86_400_000_000_000n,
};

function durationNs(text: string, line: number): bigint {
  let total = 0n;
  for (const [, number, unit] of text.replace('-', '').matchAll(/([\d.]+)(ns|us|ms|s|m|h|d)/g)) {
    const [whole, fraction = ''] = number.split('.');
    if (whole === '') {
      throw scriptError(line, `not a duration: ${text}`);
    }
    total += BigInt(whole) * unitsNs[unit] + (BigInt(fraction || '0') * unitsNs[unit]) / 10n ** BigInt(fraction.length);
  }
  return text.startsWith('-') ? -total : total;
}

/** Nanoseconds as the shortest text that `durationNs` reads back. */
export function writeDuration(ns: bigint): string {
  const size = ns < 0n ? -ns : ns;
  for (const unit of ['h', 'm', 's', 'ms', 'us']) {
    if (size !== 0n && size % unitsNs[unit] === 0n) {
      return `${ns / unitsNs[unit]}${unit}`;
    }
  }
  return ns === 0n ? '0s' : size > unitsNs.s ? `${ns / unitsNs.s}s${size % unitsNs.s}ns` : `${ns}ns`;
}

export function scriptError(line: number, message: string): Error {
  return new Error(`line ${line + 1}: ${message}`);
}
