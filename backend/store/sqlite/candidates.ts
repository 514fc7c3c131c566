import type { Prefilter } from './prefilter';
import type { Connection } from './snapshot';

export interface BlockHeader {
  id: number;
  grp: number;
  stream: number;
  min: number;
  max: number;
  count: number;
  bytes: number;
}

const columns = 'id, grp, stream, min, max, count, bytes';

/** Groups that may hold what the hints ask for; undefined: any may. */
export function groupsIn(connection: Connection, prefilter: Prefilter | undefined): Set<number> | undefined {
  if (!prefilter) {
    return undefined;
  }
  const found = connection.sql<{ rowid: number }>('SELECT rowid FROM grams WHERE grams MATCH ?').all(prefilter.match).map((row) => row.rowid);
  if (!prefilter.usesFilter) {
    return new Set(found);
  }
  const filterOf = connection.sql<{ filter: Uint8Array | null }>('SELECT filter FROM groups WHERE id = ?');
  return new Set(
    found.filter((id) => {
      const group = filterOf.get(id);
      return group !== undefined && prefilter.passes(group.filter);
    })
  );
}

/** Up to this many groups their blocks are looked up one group at a time instead of by passing over all. */
const fewGroups = 200;

/** Headers of the blocks that may hold entries of [from, to) of these streams and groups. */
export function blocksIn(connection: Connection, from: number, to: number, streams: Set<number> | undefined, groups: Set<number> | undefined): BlockHeader[] {
  if (streams?.size === 0 || groups?.size === 0) {
    return [];
  }
  if (groups && groups.size <= fewGroups) {
    const ofGroup = connection.sql<BlockHeader>(`SELECT ${columns} FROM blocks WHERE grp = ? AND max >= ? AND min < ?`);
    return [...groups].flatMap((group) => ofGroup.all(group, from, to)).filter((block) => !streams || streams.has(block.stream));
  }
  const wanted = (block: BlockHeader): boolean => !groups || groups.has(block.grp);
  if (streams && streams.size <= fewStreams) {
    const ofStream = connection.sql<BlockHeader>(`SELECT ${columns} FROM blocks WHERE stream = ? AND max >= ? AND min < ?`);
    return [...streams].flatMap((stream) => ofStream.all(stream, from, to)).filter(wanted);
  }
  return connection
    .sql<BlockHeader>(`SELECT ${columns} FROM blocks WHERE max >= ? AND min < ?`)
    .all(from, to)
    .filter((block) => wanted(block) && (!streams || streams.has(block.stream)));
}

/** Up to this many streams their blocks are looked up by the index instead of by passing over all. */
const fewStreams = 64;
