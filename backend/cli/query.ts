import { parse, problemText, type Problem } from '../../src/logql';
import type { QueryResponse } from '../../src/wire';
import { parseFlags, type Flags } from '../config/flags';
import { formatRfc3339Ns } from '../model/time';
import { getJson, serverAddress, type ServerAddress } from './client';
import { commonLabels, entryPrinter, labelText, merged, type EntryFormat, type PrintedEntry } from './entries';
import { whyNothing } from './nothing';
import { Progress } from './progress';
import { rangeOf, type Range } from './range';
import { follow } from './tail';

const booleans = new Set(['tail', 'f', 'forward', 'quiet', 'help', 'h']);
const defaultLimit = 30;
/** Lines of one request; the server's own limit. */
const pageMax = 5_000;

/** `binocle query`. */
export async function query(words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const flags = parseFlags(words, booleans);
  const text = flags.arguments.join(' ');
  const { expr, problems } = parse(text);
  if (!expr) {
    process.stderr.write(`binocle query: ${text === '' ? `a query is expected, such as '{job="nginx"}'` : `${problemText(problems[0])}\n${pointed(text, problems[0])}`}\n`);
    return 2;
  }
  const server = serverAddress(flags, env);
  const output = outputOf(flags);
  const limit = limitOf(flags);
  const colour = flags.values.get('color') === 'always' || (flags.values.get('color') !== 'never' && process.stdout.isTTY === true && !env.NO_COLOR);
  if (expr.kind === 'log' && (flags.values.has('tail') || flags.values.has('f'))) {
    return follow(server, text, { output, colour, limit });
  }
  const range = rangeOf(flags);
  const progress = new Progress(process.stderr.isTTY === true && !flags.values.has('quiet'));
  if (expr.kind === 'log') {
    const printed = await printLogs({ server, text, range, output, colour, progress, limit, forward: flags.values.has('forward') });
    if (printed === 0 && !flags.values.has('quiet')) {
      process.stderr.write(`${await whyNothing(server, expr, range)}\n`);
    }
  } else {
    await printMetric(server, text, range, flags, output, progress);
  }
  return 0;
}

/** The line of the query in which the problem is, a mark below its place, and how to repair it where that is known. */
function pointed(text: string, { span, fix }: Problem): string {
  const lineStart = text.lastIndexOf('\n', span.start - 1) + 1;
  const line = text.slice(lineStart).split('\n', 1)[0];
  const repaired = fix ? [`${fix.label}: ${text.slice(0, fix.span.start)}${fix.text}${text.slice(fix.span.end)}`] : [];
  return [`  ${line}`, `  ${' '.repeat(span.start - lineStart)}^`, ...repaired].join('\n');
}

function limitOf(flags: Flags): number {
  const text = flags.values.get('limit') ?? String(defaultLimit);
  if (!/^\d+$/.test(text)) {
    throw new Error(`--limit: a number of lines is expected (0: all), not ${text}`);
  }
  return Number(text);
}

export function outputOf(flags: Flags): EntryFormat {
  const output = flags.values.get('o') ?? flags.values.get('output') ?? 'default';
  if (output === 'default' || output === 'raw' || output === 'jsonl' || output === 'table') {
    return output;
  }
  throw new Error(`-o: default, raw, jsonl or table is expected, not ${output}`);
}

interface LogJob {
  server: ServerAddress;
  text: string;
  range: Range;
  limit: number;
  forward: boolean;
  output: EntryFormat;
  colour: boolean;
  progress: Progress;
}

/** Prints page by page until the limit, without one until there is nothing more. @returns how many lines there were. */
async function printLogs({ server, text, range, limit, forward, output, colour, progress }: LogJob): Promise<number> {
  let { startNs, endNs } = range;
  let print: ((entry: PrintedEntry) => string) | undefined;
  let printed = 0;
  const started = Date.now();
  // What was printed of the time at which the last page ended: the next page starts with it again.
  let edge = new Set<string>();
  for (;;) {
    progress.show(`${printed} lines, ${((Date.now() - started) / 1000).toFixed(1)} s`);
    const asked = limit > 0 ? Math.min(pageMax, limit - printed + edge.size) : pageMax;
    const page = await logPage(server, text, { startNs, endNs }, asked, forward);
    const fresh = page.filter((entry) => !edge.has(identity(entry)));
    progress.clear();
    print ??= startPrinting(page, output, colour);
    for (const entry of fresh.slice(0, limit > 0 ? limit - printed : undefined)) {
      process.stdout.write(`${print(entry)}\n`);
      printed++;
    }
    const last = page.at(-1);
    if (page.length < asked || !last || (limit > 0 && printed >= limit) || fresh.length === 0) {
      return printed;
    }
    edge = new Set(page.filter(({ tsNs }) => tsNs === last.tsNs).map(identity));
    if (forward) {
      startNs = last.tsNs;
    } else {
      endNs = last.tsNs + 1n;
    }
  }
}

const identity = ({ tsNs, line, labels }: PrintedEntry): string => `${tsNs} ${labelText(labels)} ${line}`;

function startPrinting(page: PrintedEntry[], output: EntryFormat, colour: boolean): (entry: PrintedEntry) => string {
  const common = commonLabels(page.map(({ labels }) => labels));
  if (common.size > 0 && (output === 'default' || output === 'table')) {
    process.stderr.write(`Common labels: ${labelText(Object.fromEntries(Object.entries(page[0].labels).filter(([name]) => common.has(name))))}\n`);
  }
  return entryPrinter(output, colour, common);
}

async function logPage(server: ServerAddress, query: string, { startNs, endNs }: Range, limit: number, forward: boolean): Promise<PrintedEntry[]> {
  const params = { query, start: String(startNs), end: String(endNs), limit: String(limit), direction: forward ? 'forward' : 'backward' };
  const { data } = await getJson<QueryResponse>(server, '/loki/api/v1/query_range', params);
  return data.resultType === 'streams' ? merged(data.result, forward) : [];
}

async function printMetric(server: ServerAddress, query: string, { startNs, endNs }: Range, flags: Flags, output: EntryFormat, progress: Progress): Promise<void> {
  progress.show('running');
  const step = flags.values.get('step');
  const params = { query, start: String(startNs), end: String(endNs), ...(step === undefined ? {} : { step }) };
  const { data, warnings = [] } = await getJson<QueryResponse>(server, '/loki/api/v1/query_range', params);
  progress.clear();
  warnings.forEach((warning) => process.stderr.write(`warning: ${warning}\n`));
  if (data.resultType === 'streams') {
    return;
  }
  const series = data.resultType === 'matrix' ? data.result : data.resultType === 'vector' ? data.result.map(({ metric, value }) => ({ metric, values: [value] })) : [{ metric: {}, values: [data.result] }];
  for (const { metric, values } of series) {
    if (output === 'jsonl') {
      process.stdout.write(`${JSON.stringify({ metric, values })}\n`);
      continue;
    }
    for (const [seconds, value] of values) {
      const time = formatRfc3339Ns(BigInt(Math.round(seconds * 1_000)) * 1_000_000n);
      process.stdout.write(output === 'raw' ? `${value}\n` : `${time.padEnd(24)} ${value.padStart(14)}  ${labelText(metric)}\n`);
    }
  }
}
