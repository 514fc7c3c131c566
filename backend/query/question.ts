import type { Matcher } from '../../src/logql/ast';
import type { DetectedLabelsResponse, PatternsResponse } from '../../src/wire';
import { detectLabels } from '../detect/labels';
import { badRequest, cancelled } from '../model/errors';
import { labelsObject, makeLabels, type Labels } from '../model/labels';
import { countPatterns, findPatterns, type PatternCounts } from '../patterns/patterns';
import { tenantLabel } from '../pipeline/labelNames';
import type { Select, StoreReader, StoreStats, TimeRange } from '../store/store';
import { mergeVolumes, volumes, type VolumeRequest, type Volumes } from '../volume/volume';
import { chooseTenants } from './fragments/tenantScan';

/**
 * A question that is no query: about streams, or about lines as a whole. Plain data, as a fragment is, so that it can be answered beside the store, in a
 * reader thread or in this one (`http/ask.ts` says where).
 */
export type Question = { [Kind in keyof Asked]: Asked[Kind] & { kind: Kind; tenants: string[]; piecesMax?: number } }[keyof Asked];

type Streams = TimeRange & { matchers: Matcher[] };

interface Asked {
  /** Names of labels, or the values of one. */
  labels: Streams & { name?: string };
  /** Streams that one of several selectors means. */
  series: TimeRange & { groups: Matcher[][] };
  detectedLabels: Streams;
  stats: Streams;
  volume: Omit<VolumeRequest, 'tenant' | 'piecesMax'>;
  patterns: Streams & { stepNs: bigint };
  patternCounts: { matchers: Matcher[]; ranges: TimeRange[] };
}

/** Lists that may be megabytes are JSON already, so that they go to another thread, and out to the client, as one text. */
interface Answers {
  labels: string;
  series: string;
  detectedLabels: NonNullable<DetectedLabelsResponse['detectedLabels']>;
  stats: StoreStats;
  volume: Volumes;
  patterns: PatternsResponse['data'];
  patternCounts: PatternCounts;
}

export type Answer<Kind extends Question['kind']> = Answers[Kind];
export type QuestionOf<Kind extends Question['kind']> = Extract<Question, { kind: Kind }>;

/** Answers questions; `ReaderPool` does so in its threads. */
export interface QuestionRunner {
  /** Rejects as `FragmentRunner.run` does. */
  answer<Kind extends Question['kind']>(question: QuestionOf<Kind>, signal: AbortSignal): Promise<Answer<Kind>>;
}

/** Answers a question beside a store. Rejects with the code `needsRoom` when that means looking at more than `piecesMax`. */
export async function answerQuestion<Kind extends Question['kind']>(question: QuestionOf<Kind>, store: StoreReader, signal: AbortSignal): Promise<Answer<Kind>> {
  if (signal.aborted) {
    throw cancelled();
  }
  const work = answering[question.kind] as (question: Question, store: StoreReader, signal: AbortSignal) => Promise<Answer<Kind>>;
  return work({ ...question, piecesMax: piecesOfPart(question) }, store, signal);
}

/** A question of several selectors or tenants asks the store once for each of them: these share its pieces. */
function piecesOfPart({ piecesMax, tenants, ...question }: Question): number | undefined {
  const selectors = 'groups' in question ? question.groups.length : 1;
  return piecesMax === undefined ? undefined : Math.floor(piecesMax / Math.max(1, selectors * tenants.length));
}

const answering: { [Kind in keyof Answers]: (question: QuestionOf<Kind>, store: StoreReader, signal: AbortSignal) => Promise<Answers[Kind]> } = {
  labels: async ({ name, ...question }, store, signal) => {
    const found = await eachTenant(question, async ({ named, ...select }) => {
      const names = name === undefined ? await store.labelNames(select, signal) : await store.labelValues(name, select, signal);
      return named && name === undefined ? [...names, tenantLabel] : names;
    });
    // of one tenant they are sorted already, and may be hundreds of thousands
    return JSON.stringify(question.tenants.length > 1 ? [...new Set(found)].sort() : found);
  },
  series: async ({ groups, ...question }, store, signal) => {
    const texts = new Set<string>();
    for (const matchers of groups) {
      for (const labels of await seriesOf({ ...question, matchers }, store, signal)) {
        texts.add(JSON.stringify(labelsObject(labels)));
      }
      if (texts.size > seriesMax) {
        throw badRequest(`more than ${seriesMax} streams match together; add label matchers or ask for a shorter time range`);
      }
    }
    // of one selector and one tenant they are in order already
    return `[${(groups.length > 1 || question.tenants.length > 1 ? [...texts].sort() : [...texts]).join(',')}]`;
  },
  detectedLabels: async (question, store, signal) => detectLabels(await seriesOf(question, store, signal)),
  stats: async (question, store, signal) => {
    const sum: StoreStats = { streams: 0, chunks: 0, bytes: 0, entries: 0 };
    for (const part of await eachTenant(question, async (select) => [await store.stats(select, signal)])) {
      sum.streams += part.streams;
      sum.chunks += part.chunks;
      sum.entries += part.entries;
      sum.bytes += part.bytes;
    }
    return sum;
  },
  volume: async (question, store, signal) =>
    mergeVolumes(await eachTenant(question, async (select) => [await volumes(store, { ...question, ...select }, signal)]), question.limit),
  patterns: async ({ stepNs, ...question }, store, signal) => findPatterns(store, ofOneTenant(question), stepNs, signal),
  patternCounts: async ({ ranges, ...question }, store, signal) => countPatterns(store, ranges.map((range) => ({ ...ofOneTenant(question), ...range })), signal),
};

/** Label sets in one answer to several selectors or tenants; a store has the same bound for one. */
const seriesMax = 50_000;

async function seriesOf(question: Streams & Pick<Question, 'tenants' | 'piecesMax'>, store: StoreReader, signal: AbortSignal): Promise<Iterable<Labels>> {
  const parts = await eachTenant(question, async ({ named, ...select }) => {
    const series = await store.series(select, signal);
    return [named ? withTenant(series, select.tenant) : series];
  });
  return oneAfterTheOther(parts);
}

function* withTenant(series: Iterable<Labels>, tenant: string): Generator<Labels> {
  for (const labels of series) {
    yield makeLabels([...labels, [tenantLabel, tenant]]);
  }
}

function* oneAfterTheOther<T>(parts: Array<Iterable<T>>): Generator<T> {
  for (const part of parts) {
    yield* part;
  }
}

const ofOneTenant = <Rest extends object>({ tenants: [tenant], ...rest }: Rest & Pick<Question, 'tenants'>): Omit<Rest, 'tenants'> & { tenant: string } => ({ ...rest, tenant });

/** Asks for each tenant and puts the answers together; with several, `__tenant_id__` chooses among them. */
export async function eachTenant<T>({ tenants, matchers, startNs, endNs, piecesMax }: Streams & Pick<Question, 'tenants' | 'piecesMax'>, ask: (select: Select & { named: boolean }) => Promise<T[]>): Promise<T[]> {
  const named = tenants.length > 1;
  const own = named ? matchers.filter((matcher) => matcher.name !== tenantLabel) : matchers;
  const answers: T[][] = [];
  for (const tenant of chooseTenants(tenants, matchers)) {
    answers.push(await ask({ startNs, endNs, piecesMax, tenant, matchers: own, named }));
  }
  // not by `push(...)`: a call takes no more than some hundred thousand arguments
  return answers.length === 1 ? answers[0] : answers.flat();
}
