import type { Statement } from 'better-sqlite3';
import { mindMemory } from '../../../runtime/heapWatch';
import { badRequest } from '../../../model/errors';
import type { Hint, LabelHint } from '../../store';
import type { BlockHeader } from '../format/block';
import { passingGroups } from './groupFilters';
import { IdSet } from './idSet';
import { headerOf, type HeaderRow } from './keptHeaders';
import { Pieces } from './pieces';
import { prefilterOf, type Alternative, type Prefilter } from './prefilter';
import type { Connection } from './snapshot';

const columns = 'id, grp, stream, min, max, count, bytes';

/** Groups that may hold what the hints ask for; undefined: any may. */
export function groupsIn(connection: Connection, prefilter: Prefilter | undefined): Set<number> | undefined {
  if (!prefilter) {
    return undefined;
  }
  const found = matchingGroups(connection, prefilter.match);
  const { filtered } = prefilter;
  return new Set(filtered.reduce((left, alternatives) => anyPasses(connection, left, alternatives), found));
}

/** Those of the groups that may hold one of the texts; what the filters can't judge is left to the index. */
function anyPasses(connection: Connection, groups: number[], alternatives: Alternative[]): number[] {
  if (groups.length === 0) {
    return groups;
  }
  const passing = new Set(alternatives.flatMap(({ match, probes }) => (probes.length > 0 ? passingGroups(connection, groups, probes) : matchingGroups(connection, match))));
  return groups.filter((id) => passing.has(id));
}

/** Groups by the index of trigrams, ascending. */
function matchingGroups(connection: Connection, match: string): number[] {
  return (connection.raw('SELECT rowid FROM grams WHERE grams MATCH ? ORDER BY rowid').all(match) as Array<[number]>).map(([id]) => id);
}

/** The blocks of a day that a scan has to look at. */
export interface Candidates {
  blocks: Iterable<BlockHeader>;
  /** Whether entries of a block may bring a label that the label hints are about: these hints then say nothing of its lines. */
  exempt(block: BlockHeader): boolean;
}

/**
 * Blocks that may hold entries of [from, to) of these streams that pass the hints. A label hint holds for a block unless its stream
 * has the label, or its metadata may give it.
 */
export function candidatesIn(connection: Connection, from: number, to: number, streams: IdSet | undefined, hints: Hint[], labelHints: LabelHint[]): Candidates {
  const groups = groupsIn(connection, prefilterOf(hints));
  if (labelHints.length === 0 || groups?.size === 0) {
    return { blocks: blocksIn(connection, from, to, streams, groups), exempt: () => false };
  }
  const labels = [...new Set(labelHints.map(({ label }) => label))];
  const exemptStreams = streamsWith(connection, labels);
  const exemptBlocks = new IdSet();
  labels.forEach((label) => connection.metadataNames.blocksWith(label, connection, exemptBlocks));
  if (exemptBlocks.size === 0 && exemptStreams.size === 0) {
    const narrowed = groupsIn(connection, prefilterOf([...hints, ...labelHints.map(({ hint }) => hint)]));
    return { blocks: blocksIn(connection, from, to, streams, narrowed), exempt: () => false };
  }
  const plain = groupsIn(connection, prefilterOf(labelHints.map(({ hint }) => hint)));
  const exempt = ({ id, stream }: BlockHeader): boolean => exemptStreams.has(stream) || exemptBlocks.has(id);
  return { blocks: blocksIn(connection, from, to, streams, groups, (block) => !plain || plain.has(block.grp) || exempt(block)), exempt };
}

/** Streams that have one of these labels. */
function streamsWith(connection: Connection, labels: string[]): IdSet {
  const streams = new IdSet();
  for (const label of labels) {
    for (const [stream] of connection.raw('SELECT stream FROM pairs JOIN stream_pairs ON pair = pairs.id WHERE name = ?').iterate(label) as Iterable<[number]>) {
      streams.add(stream);
    }
  }
  return streams;
}

/** Blocks of one day that are passed over at a time: a day has so many only when it has hundreds of thousands of streams. */
const blocksMax = 200_000;

/** Up to this many groups their blocks are looked up one group at a time instead of by passing over all. */
const fewGroups = 200;

/** Headers of the blocks that may hold entries of [from, to) of these streams and groups and pass. To be gone through once, before the connection is asked for others. */
export function blocksIn(
  connection: Connection,
  from: number,
  to: number,
  streams: IdSet | undefined,
  groups: ReadonlySet<number> | undefined,
  passes: (block: BlockHeader) => boolean = () => true,
  pieces = new Pieces()
): Iterable<BlockHeader> {
  if (streams?.size === 0 || groups?.size === 0) {
    return [];
  }
  const wanted = (block: BlockHeader): boolean => (!groups || groups.has(block.grp)) && (!streams || streams.has(block.stream)) && passes(block);
  const statement = (condition: string): Statement<unknown[], unknown[]> => connection.raw(`SELECT ${columns} FROM blocks WHERE ${condition} max >= ? AND min < ? LIMIT ${blocksMax + 1}`);
  const find = (condition: string, ...values: number[]): BlockHeader[] => (statement(condition).all(...values, from, to) as HeaderRow[]).map(headerOf);
  if (groups && groups.size <= fewGroups) {
    return [...groups].flatMap((group) => find('grp = ? AND', group)).filter(wanted);
  }
  const known = connection.headers(readHeaders);
  if (known) {
    return known.find({ from, to, groups, streams, passes: (block) => (pieces.add(1), passes(block)) });
  }
  if (streams && streams.size <= fewStreams) {
    return [...streams].flatMap((stream) => find('stream = ? AND', stream)).filter(wanted);
  }
  pieces.add(checkedCount(connection, from, to));
  return passOver(statement('').iterate(from, to) as Iterable<HeaderRow>, wanted);
}

/** Counted first, which takes a tenth of the time: what is refused should not have cost the memory already. Throws RequestError 400 when they are too many. */
function checkedCount(connection: Connection, from: number, to: number): number {
  const [count] = connection.raw(`SELECT count(*) FROM (SELECT 1 FROM blocks WHERE max >= ? AND min < ? LIMIT ${blocksMax + 1})`).get(from, to) as [number];
  if (count > blocksMax) {
    throw badRequest(`more than ${blocksMax} blocks would have to be looked at in one day: there are very many streams; add label matchers or a text that lines must contain, or ask for a shorter time range`);
  }
  return count;
}

/** Numbers of the meant streams that have entries in [from, to). `holds` looks at the entries of a block whose header does not tell. */
export function streamsIn(connection: Connection, from: number, to: number, streams: IdSet | undefined, pieces: Pieces, holds: (block: BlockHeader) => boolean): IdSet {
  const found = new IdSet();
  const wanted = ({ stream }: BlockHeader): boolean => !streams || streams.has(stream);
  let doubtful: Iterable<BlockHeader>;
  if ((streams && streams.size <= fewStreams) || connection.headers(readHeaders)) {
    doubtful = blocksIn(connection, from, to, streams, undefined);
  } else {
    checkedCount(connection, from, to);
    // one number for each stream costs a third of what the headers of all blocks do
    const certain = connection.raw('SELECT DISTINCT stream FROM blocks WHERE max >= ? AND min < ? AND (min >= ? OR max < ?)').iterate(from, to, from, to);
    for (const [stream] of certain as Iterable<[number]>) {
      pieces.add(1);
      if (!streams || streams.has(stream)) {
        found.add(stream);
      }
    }
    // those that reach over both ends
    doubtful = passOver(connection.raw(`SELECT ${columns} FROM blocks WHERE max >= ? AND min < ?`).iterate(to, from) as Iterable<HeaderRow>, wanted);
  }
  for (const block of doubtful) {
    if (!found.has(block.stream) && (block.min >= from || block.max < to || holds(block))) {
      pieces.add(1);
      found.add(block.stream);
    }
  }
  return found;
}

/** Rows that are gone through before the thread looks at its memory. */
const rowsBetweenLooks = 1_024;

/** One by one: the rows of so many, and their headers, would be fifty megabytes at once. */
function* passOver(rows: Iterable<HeaderRow>, wanted: (block: BlockHeader) => boolean): Generator<BlockHeader> {
  let passed = 0;
  for (const row of rows) {
    if (++passed % rowsBetweenLooks === 0) {
      mindMemory();
    }
    const block = headerOf(row);
    if (wanted(block)) {
      yield block;
    }
  }
}

/** The first rows of `blocks`, for who keeps them. */
function readHeaders(connection: Connection, max: number): Iterable<HeaderRow> {
  return connection.raw(`SELECT ${columns} FROM blocks LIMIT ?`).iterate(max) as Iterable<HeaderRow>;
}

/** Up to this many streams their blocks are looked up by the index instead of by passing over all. */
const fewStreams = 64;
