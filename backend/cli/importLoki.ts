import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { LabelsResponse, QueryResponse } from '../../src/wire';
import type { Flags } from '../config/flags';
import { formatRfc3339Ns } from '../model/time';
import { getJson, serverAddress, type ServerAddress } from './client';
import { Progress } from './progress';
import { rangeOf, type Range } from './range';
import { Sender } from './sender';

/** One query covers at most so much time: Loki refuses long ranges. */
const windowNs = 86_400n * 1_000_000_000n;
const pageMax = 5_000;

/** Where an import stands: everything before `nextNs` of the selector at `selectorIndex` is taken over. */
interface State {
  source: string;
  target: string;
  /** What the command line said of what to take over. */
  asked: Record<string, string>;
  selectors: string[];
  fromNs: string;
  toNs: string;
  selectorIndex: number;
  nextNs: string;
}

/**
 * Pages through what a Loki holds, oldest first, and pushes it here. What is pushed twice after a stop is stored once, so going on is
 * always safe; the state file is written after each page is taken.
 */
export async function importFromLoki(flags: Flags, env: NodeJS.ProcessEnv, target: ServerAddress, progress: Progress): Promise<number> {
  const source = serverAddress(flags, {}, { addr: 'from-loki', orgId: 'from-org-id' });
  const stateFile = flags.values.get('state') ?? 'binocle-import.json';
  const range = rangeOf(flags, '30d');
  const begun = { source: placeOf(source), target: placeOf(target), asked: askedOf(flags) };
  const state: State = readState(stateFile, begun) ?? {
    ...begun,
    selectors: flags.values.has('selector') ? [flags.values.get('selector') as string] : await allSelectors(source, range),
    fromNs: String(range.startNs),
    toNs: String(range.endNs),
    selectorIndex: 0,
    nextNs: String(range.startNs),
  };
  const sender = new Sender(target);
  for (; state.selectorIndex < state.selectors.length; state.selectorIndex++, state.nextNs = state.fromNs) {
    await copySelector(source, sender, state, stateFile, progress);
  }
  progress.clear();
  rmSync(stateFile, { force: true });
  return sender.report(`taken over from ${source.base}`);
}

/** Flags that say what to take over. */
const askingFlags = ['selector', 'from', 'to', 'since'];

const askedOf = ({ values }: Flags): State['asked'] => Object.fromEntries([...values].filter(([name]) => askingFlags.includes(name)));

const placeOf = ({ base, headers }: ServerAddress): string => (headers['x-scope-orgid'] ? `${base} (tenant ${headers['x-scope-orgid']})` : base);

/** Selectors that together name every stream once: by the first label that each stream has. */
async function allSelectors(source: ServerAddress, range: Range): Promise<string[]> {
  const { data = [] } = await getJson<LabelsResponse>(source, '/loki/api/v1/labels', { start: String(range.startNs), end: String(range.endNs) });
  return data.map((name, i) => `{${[...data.slice(0, i).map((before) => `${before}=""`), `${name}=~".+"`].join(', ')}}`);
}

async function copySelector(source: ServerAddress, sender: Sender, state: State, stateFile: string, progress: Progress): Promise<void> {
  const [fromNs, toNs] = [BigInt(state.fromNs), BigInt(state.toNs)];
  let nextNs = BigInt(state.nextNs);
  while (nextNs < toNs) {
    const endNs = nextNs + windowNs < toNs ? nextNs + windowNs : toNs;
    nextNs = await copyPage(source, sender, state.selectors[state.selectorIndex], nextNs, endNs);
    await sender.flush();
    state.nextNs = String(nextNs);
    writeState(stateFile, state);
    const done = Number(((nextNs - fromNs) * 1_000n) / (toNs - fromNs || 1n)) / 10;
    progress.show(`selector ${state.selectorIndex + 1} of ${state.selectors.length}: ${done} %, ${formatRfc3339Ns(nextNs)}, ${sender.lines} lines`);
  }
}

/** Sends a page; answers where the next one begins. */
async function copyPage(source: ServerAddress, sender: Sender, query: string, startNs: bigint, endNs: bigint): Promise<bigint> {
  const params = { query, start: String(startNs), end: String(endNs), limit: String(pageMax), direction: 'forward' };
  const { data } = await getJson<QueryResponse>(source, '/loki/api/v1/query_range', params, { 'x-loki-response-encoding-flags': 'categorize-labels' });
  const entries = data.resultType === 'streams' ? data.result.flatMap(({ stream, values }) => values.map(([ns, ...rest]) => ({ stream, ns: BigInt(ns), rest }))) : [];
  const nextNs = entries.length < pageMax ? endNs : borderOf(entries.map(({ ns }) => ns), startNs);
  for (const { stream, ns, rest: [line, labels] } of entries) {
    if (ns < nextNs) {
      await sender.add(stream, ns, line, labels?.structuredMetadata);
    }
  }
  return nextNs;
}

/** A full page may have cut among entries of its last time: these are left for the next page. Of a page that holds one time only the rest can't be read. */
function borderOf(timesNs: bigint[], startNs: bigint): bigint {
  const lastNs = timesNs.reduce((last, ns) => (ns > last ? ns : last), startNs);
  return lastNs > startNs ? lastNs : lastNs + 1n;
}

/** The state of an import that was stopped, if there is one and it is the one that is asked for: the same flags again, or none about what to take over. */
function readState(file: string, { source, target, asked }: Pick<State, 'source' | 'target' | 'asked'>): State | undefined {
  if (!existsSync(file)) {
    return undefined;
  }
  const state = JSON.parse(readFileSync(file, 'utf8')) as State;
  if (state.asked === undefined) {
    throw new Error(`${file} is the state of an earlier version's import, or of something else; remove it to start anew, or name another file with --state`);
  }
  const before = Object.entries(state.asked).map(([name, value]) => `--${name} ${value}`);
  const stopped = `${file} belongs to an import that was stopped, from ${state.source} to ${state.target}${before.length > 0 ? ` with ${before.join(' ')}` : ''}`;
  const isOther = Object.entries(asked).some(([name, value]) => state.asked[name] !== value);
  if (state.source !== source || state.target !== target || isOther) {
    throw new Error(`${stopped}; give the same again to go on with it, remove ${file} to start anew, or name another file with --state`);
  }
  process.stderr.write(`${stopped}; going on at ${formatRfc3339Ns(BigInt(state.nextNs))} (to start anew, remove that file)\n`);
  return state;
}

/** Written beside and renamed, so that a stop in between leaves the old state whole. */
function writeState(file: string, state: State): void {
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
}
