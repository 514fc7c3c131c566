import { canBecomeLabel } from '../../../text/labelName';
import type { IdSet } from './idSet';
import { RollupReader } from '../format/rollup';

/** What reads a day file. */
interface Reading {
  sql<Row>(text: string): { iterate(...values: unknown[]): Iterable<Row>; get(...values: unknown[]): Row | undefined };
}

/** Bytes of a rollup that nearly always hold its names; more are read when they don't. */
const headBytesUsual = 256;
/** Distinct lists of names told apart in one file; blocks with further ones count as if they had any name. */
const listsMax = 1_000;

/**
 * Which blocks of a day file have which names in their structured metadata, from the heads of their rollups. Blocks never gain names and
 * their numbers never return, so a connection reads each head once, when somebody first asks.
 */
export class MetadataNames {
  private last = 0;
  private readonly blocksByNames = new Map<string, number[]>();
  /** Blocks whose names are not known. */
  private readonly unknown: number[] = [];

  /** Adds the blocks that may hold an entry whose metadata gives it this label. */
  blocksWith(label: string, day: Reading, blocks: IdSet): void {
    this.readNew(day);
    this.unknown.forEach((id) => blocks.add(id));
    for (const [names, ids] of this.blocksByNames) {
      if ((JSON.parse(names) as string[]).some((name) => canBecomeLabel(name, label))) {
        ids.forEach((id) => blocks.add(id));
      }
    }
  }

  private readNew(day: Reading): void {
    const heads = day.sql<{ id: number; head: Uint8Array | null }>(
      `SELECT blocks.id, substr(data, 1, ${headBytesUsual}) AS head FROM blocks LEFT JOIN rollups ON rollups.id = blocks.id WHERE blocks.id > ? ORDER BY blocks.id`
    );
    for (const { id, head } of heads.iterate(this.last)) {
      this.last = id;
      this.add(id, head && namesOf(day, id, head));
    }
  }

  private add(id: number, names: string | null): void {
    const ids = names === null ? this.unknown : this.blocksByNames.get(names);
    if (ids) {
      ids.push(id);
    } else if (this.blocksByNames.size < listsMax) {
      this.blocksByNames.set(names!, [id]);
    } else {
      this.unknown.push(id);
    }
  }
}

/** The names of a block as one text; null when the rollup that has them is damaged. */
function namesOf(day: Reading, id: number, head: Uint8Array): string | null {
  return tryListOf(head) ?? tryListOf(day.sql<{ data: Uint8Array }>('SELECT data FROM rollups WHERE id = ?').get(id)!.data);
}

/** Null when the bytes are too few, or damaged. */
function tryListOf(rollup: Uint8Array): string | null {
  try {
    return listOf(new RollupReader(rollup));
  } catch {
    return null;
  }
}

function listOf({ metadataNames, detectedNames }: RollupReader): string {
  return JSON.stringify(detectedNames.length > 0 ? [...metadataNames, 'detected_level'] : metadataNames);
}
