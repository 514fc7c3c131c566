import { filterPasses } from '../format/grams';
import type { Connection } from './snapshot';

/** From so many groups on, SQLite itself looks at all filters between the first and the last of them: a look at one filter from here costs as much as ten of those. */
const lookedUpMax = 100;

/** Probes that such a pass looks at: eight leave one in a thousand of the groups that don't hold the text. */
const probesPerPass = 8;

/** For each bit of a byte the bytes that have it set, since SQLite can look for a byte in others but not at a bit of it. */
const bytesWithBit = Array.from({ length: 8 }, (_, bit) => Uint8Array.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => (byte & (1 << bit)) !== 0)));

/** A filter has a power of two bytes; see `filterPasses`. */
const holdsProbe = 'instr(?, substr(filter, 1 + (? & (length(filter) - 1)), 1))';
const pass = `SELECT id FROM groups WHERE id BETWEEN ? AND ? AND filter IS NOT NULL AND ${Array.from({ length: probesPerPass }, () => holdsProbe).join(' AND ')}`;

/** Those of the groups (ascending) that may hold a text with these probes, of which there is one at least. */
export function passingGroups(connection: Connection, groups: number[], probes: number[]): number[] {
  const filterOf = connection.raw('SELECT filter FROM groups WHERE id = ?');
  const passes = (id: number): boolean => {
    const row = filterOf.get(id) as [Uint8Array | null] | undefined;
    return row !== undefined && filterPasses(row[0], probes);
  };
  if (groups.length <= lookedUpMax) {
    return groups.filter(passes);
  }
  const asked = Array.from({ length: probesPerPass }, (_, i) => probes[i % probes.length]);
  const rows = connection.raw(pass).all(groups[0], groups[groups.length - 1], ...asked.flatMap((probe) => [bytesWithBit[probe & 7], probe >>> 3])) as Array<[number]>;
  const found = new Set(rows.map(([id]) => id));
  const left = groups.filter((id) => found.has(id));
  return probes.length > probesPerPass ? left.filter(passes) : left;
}
