import { t } from '../i18n';
import { escapeQuoted } from '../query/interpolate';
import { formatBytes, functionInfo, situationAt, type Situation, type SituationKind } from '../logql';
import type { LabelSource, Weighted } from './LabelSource';
import type { CompletionItem } from './language';
import { functionDoc, stageDoc } from './docs';
import { narrowingSelector, selectorText } from '../query/selector';

export interface CompleteDeps {
  source: LabelSource;
  /** Names of template variables, without `$`. */
  variables(): string[];
  /** Queries run before, newest first. */
  history(): string[];
}

export interface Completion {
  items: CompletionItem[];
  start: number;
  end: number;
}

/** More items than this nobody scrolls through; typing narrows them. */
const itemsMax = 1000;

/** What can be written at a place of a query. An unreachable server means fewer items, never an error. */
export async function completeAt(text: string, offset: number, deps: CompleteDeps): Promise<Completion> {
  const situation = situationAt(text, offset);
  const make = makers[situation.kind];
  const items = make ? await make(situation, deps, text) : [];
  return { items: items.slice(0, itemsMax), start: situation.replace.start, end: situation.replace.end };
}

type Maker = (situation: Situation, deps: CompleteDeps, text: string) => CompletionItem[] | Promise<CompletionItem[]>;

const makers: Partial<Record<SituationKind, Maker>> = {
  empty: (situation, deps) => [...history(deps), selector(), ...calls(situation)],
  query: (situation, deps, text) => [selector(), ...calls(situation), ...(text.trim() === '' ? history(deps) : [])],
  labelName: async ({ matchers, quoted }, { source }) => {
    const named = new Set(matchers.map(({ name }) => name));
    const names = await quiet(source.labels(narrowingSelector(matchers)));
    return names.filter((name) => !named.has(name)).map((name) => ({ label: name, insert: quoted ? name : `${name}=""`, kind: 'label', back: quoted ? 0 : 1, again: true }));
  },
  labelOp: () => operators(['=', '!=', '=~', '!~']),
  labelValue: async (situation, { source, variables }) => [
    ...(await quiet(source.weightedValues(situation.name ?? '', narrowingSelector(situation.matchers)))).map((value) => valueItem(value, situation)),
    ...variables().map((name) => variableItem(`$${name}`, situation)),
  ],
  afterLog: async (situation, deps) => afterLog(situation, deps),
  stage: (situation, deps) => stages(situation, deps, ''),
  fieldName: (situation, deps) => fields(situation, deps),
  fieldOp: () => operators(['=', '!=', '=~', '!~', '>', '>=', '<', '<=']),
  fieldValue: async (situation, { source, variables }) => [
    ...(situation.quoted && situation.name ? (await quiet(source.values(situation.name, situation.log && selectorText(situation.log.selector.matchers)))).map((name) => valueItem({ name }, situation)) : []),
    ...variables().map((name) => variableItem(`$${name}`, situation)),
  ],
  lineFilter: (situation, { variables }) => variables().map((name) => variableItem(`$${name}`, situation)),
  extract: (situation, deps) => fields(situation, deps),
  format: (situation, deps) => fields(situation, deps),
  formatValue: (situation, deps) => fields(situation, deps),
  unwrap: async (situation, deps) => [
    ...(await fields(situation, deps)),
    { label: 'duration', insert: 'duration()', kind: 'function', back: 1, doc: t('complete.duration', 'Reads a duration such as 1.5s as seconds.') },
    { label: 'bytes', insert: 'bytes()', kind: 'function', back: 1, doc: t('complete.bytes', 'Reads a size such as 10MB as bytes.') },
  ],
  labels: (situation, deps) => fields(situation, deps),
  distinct: (situation, deps) => fields(situation, deps),
  grouping: (situation, deps) => fields(situation, deps),
  range: ({ quoted }, { variables }) => [...durations(quoted), ...variables().map((name): CompletionItem => ({ label: `$${name}`, insert: quoted ? `$${name}` : `[$${name}]`, kind: 'variable' }))],
  offset: () => durations(true).filter(({ label }) => !label.startsWith('$')),
  afterMetric: ({ sites }) => [
    ...(sites.includes('groupingKeyword') ? ['by', 'without'].map((word): CompletionItem => ({ label: word, insert: `${word} ()`, kind: 'keyword', back: 1, doc: stageDoc(word), again: true })) : []),
    ...operators(['+', '-', '*', '/', '%', '^', '==', '!=', '>', '>=', '<', '<=', 'and', 'or', 'unless']),
  ],
  modifier: (situation) => [...['bool', 'on', 'ignoring'].map((word): CompletionItem => ({ label: word, insert: word === 'bool' ? 'bool ' : `${word} ()`, kind: 'keyword', back: word === 'bool' ? 0 : 1, doc: stageDoc(word) })), ...calls(situation), selector()],
};

/** An answer of the server, or nothing: completion must not disturb typing. */
function quiet<T>(answer: Promise<T[]>): Promise<T[]> {
  return answer.catch(() => []);
}

function selector(): CompletionItem {
  return { label: t('complete.streams', '{…} log streams'), insert: '{}', kind: 'stage', back: 1, again: true, doc: t('examples.streamHelp', 'Every query begins with the labels of the streams to read.') };
}

/** Functions; inside an aggregation those that give numbers first. */
function calls({ inFunction }: Situation): CompletionItem[] {
  const inRange = inFunction !== undefined && functionInfo.get(inFunction)?.kind === 'range';
  return inRange
    ? []
    : [...functionInfo.values()].map(({ name, kind, example, parameter }) => ({
        label: name,
        insert: kind === 'range' ? `${name}(${parameter ? '0.95, ' : ''}{} [$__auto])` : `${name}(${parameter ? '10, ' : ''})`,
        back: kind === 'range' ? ' [$__auto])'.length + 1 : 1,
        kind: 'function',
        detail: kind === 'range' ? t('complete.overTime', 'of lines over time') : undefined,
        doc: `${functionDoc(name)}\n\n${example}`,
        again: true,
      }));
}

function history({ history: queries }: CompleteDeps): CompletionItem[] {
  return queries().slice(0, 10).map((query) => ({ label: query, insert: query, kind: 'history', detail: t('complete.recent', 'recent query') }));
}

function operators(words: string[]): CompletionItem[] {
  return words.map((word) => ({ label: word, insert: word, kind: 'keyword' }));
}

function valueItem({ name, weight }: Weighted, situation: Situation): CompletionItem {
  return { label: name, insert: inString(escapeQuoted(name), situation), kind: 'value', detail: weight === undefined ? undefined : formatBytes(weight) };
}

function variableItem(name: string, situation: Situation): CompletionItem {
  return { label: name, insert: inString(name, situation), kind: 'variable' };
}

function inString(text: string, { quoted, unclosed }: Situation): string {
  return quoted ? `${text}${unclosed ? '"' : ''}` : `"${text}"`;
}

function durations(quoted: boolean): CompletionItem[] {
  const docs: Record<string, string> = {
    $__auto: t('complete.auto', 'The step of a graph, the whole range of an instant query'),
    $__interval: t('complete.interval', 'The distance of points on the panel'),
    $__range: t('complete.range', 'The whole range on screen'),
  };
  return ['$__auto', '$__interval', '$__range', '1m', '5m', '10m', '30m', '1h', '24h', '7d'].map((label) => ({
    label, insert: quoted ? label : `[${label}]`, kind: label.startsWith('$') ? 'variable' : 'duration', doc: docs[label],
  }));
}

async function afterLog(situation: Situation, deps: CompleteDeps): Promise<CompletionItem[]> {
  const filters: CompletionItem[] = [
    { label: `|= ${t('complete.contains', 'contains')}`, insert: '|= ""', kind: 'stage', back: 1, doc: t('complete.containsHelp', 'Keeps lines that contain the text.') },
    { label: `!= ${t('complete.containsNot', 'does not contain')}`, insert: '!= ""', kind: 'stage', back: 1, doc: t('complete.containsNotHelp', 'Keeps lines that do not contain the text.') },
    { label: `|~ ${t('complete.matches', 'matches')}`, insert: '|~ "(?i)"', kind: 'stage', back: 1, doc: t('complete.matchesHelp', 'Keeps lines that match the regular expression; (?i) ignores upper and lower case.') },
    { label: `!~ ${t('complete.matchesNot', 'does not match')}`, insert: '!~ ""', kind: 'stage', back: 1, doc: t('complete.matchesNotHelp', 'Keeps lines that do not match the regular expression.') },
  ];
  const range = situation.sites.includes('range') ? durations(false) : [];
  return [...range, ...filters, ...(await stages(situation, deps, '| '))];
}

/** Words behind a pipe; a parser that fits the lines comes first. */
async function stages(situation: Situation, deps: CompleteDeps, prefix: string): Promise<CompletionItem[]> {
  const fitting = situation.log?.hasParser ? [] : await fittingParsers(situation, deps);
  const inserts: Record<string, { text: string; back: number }> = {
    pattern: { text: 'pattern ""', back: 1 },
    regexp: { text: 'regexp ""', back: 1 },
    line_format: { text: 'line_format ""', back: 1 },
  };
  const words = ['json', 'logfmt', 'pattern', 'regexp', 'unpack', 'line_format', 'label_format', 'drop', 'keep', 'decolorize', ...(situation.inFunction ? ['unwrap'] : [])];
  const ordered = [...fitting, ...words.filter((word) => !fitting.includes(word))];
  const items = ordered.map((word): CompletionItem => {
    const { text, back } = inserts[word] ?? { text: word, back: 0 };
    return { label: `${prefix}${word}`, insert: `${prefix}${text}`, kind: 'stage', back, detail: fitting.includes(word) ? t('complete.fits', 'fits these lines') : undefined, doc: stageDoc(word) };
  });
  const names = prefix === '' || situation.log?.hasParser ? await fields(situation, deps) : [];
  return [...items, ...names.map((item) => ({ ...item, label: `${prefix}${item.label}`, insert: `${prefix}${item.insert}` }))];
}

async function fittingParsers({ log }: Situation, { source }: CompleteDeps): Promise<string[]> {
  const found = log ? await quiet(source.fields(log.text)) : [];
  return ['json', 'logfmt'].filter((parser) => found.some(({ parsers }) => parsers?.includes(parser)));
}

/** Names a line has at this place: what stages make, what parsing gives, labels of the stream. */
async function fields({ log, used }: Situation, { source }: CompleteDeps): Promise<CompletionItem[]> {
  if (!log) {
    return (await quiet(source.labels())).map((name) => ({ label: name, insert: name, kind: 'label' }));
  }
  const streams = selectorText(log.selector.matchers);
  const [found, labels] = await Promise.all([log.hasParser ? quiet(source.fields(streams)) : [], quiet(source.labels(streams))]);
  const details = new Map<string, string>([...labels.map((name): [string, string] => [name, t('complete.label', 'label')]), ...found.map(({ name, type }): [string, string] => [name, type]), ...log.fields.map((name): [string, string] => [name, t('complete.field', 'field')])]);
  return [...details].filter(([name]) => !used.includes(name)).map(([name, detail]) => ({ label: name, insert: name, kind: 'label', detail }));
}
