import type { BlockHeader } from '../format/block';
import { RollupReader } from '../format/rollup';

/** Rows that are kept, 12 bytes each, so 3 MB in each reader thread at most: a day of 2 million lines in 40 streams has 148,000. */
const rowsMaxUsual = 256 * 1024;
/** Lists of names told apart until all is forgotten; blocks of one stream nearly always have the same. */
const listsMax = 1_000;

/** The names in a block's rollup; `detected` is counted from one, since 0 stands for entries without. */
export interface RollupNames {
  detected: readonly string[];
  metadata: readonly string[];
}

/** The rows `[from, to)` of one block. */
export interface KeptRollup {
  from: number;
  to: number;
  names: RollupNames;
  /** What the block held when it was read: a block only ever loses entries, and its number never returns. */
  count: number;
}

/**
 * Rollups of blocks, decoded into columns and kept for the next question, for all connections of one thread: a volume over a day reads a
 * hundred thousand rows, and decoding them takes ten times as long as adding them up. When it is full it starts over.
 */
export class KeptRollups {
  minutes = new Uint16Array(0);
  /** See `packRollup`: detected level times own levels, plus own level. */
  kinds = new Uint16Array(0);
  lines = new Uint32Array(0);
  bytes = new Uint32Array(0);
  private used = 0;
  private byFile = new WeakMap<object, Map<number, KeptRollup>>();
  private readonly names = new Map<string, RollupNames>();

  constructor(private readonly rowsMax = rowsMaxUsual) {}

  /** @param file whose block it is; what is kept of it goes when the file does. @param read answers the packed rollup, when it has one. */
  of(file: object, block: BlockHeader, read: () => Uint8Array | null | undefined): KeptRollup | undefined {
    const kept = this.byFile.get(file)?.get(block.id);
    if (kept && kept.count === block.count) {
      return kept;
    }
    const packed = read();
    return packed ? this.keep(file, block, new RollupReader(packed)) : undefined;
  }

  private keep(file: object, block: BlockHeader, rollup: RollupReader): KeptRollup | undefined {
    if (this.names.size >= listsMax) {
      this.forget();
    }
    let from = this.used;
    while (rollup.next()) {
      if (this.used === this.minutes.length && !this.grow()) {
        const rows = this.used - from;
        if (rows === this.rowsMax) {
          this.forget();
          return undefined;
        }
        this.forget();
        [this.minutes, this.kinds, this.lines, this.bytes].forEach((column) => column.copyWithin(0, from, from + rows));
        from = 0;
        this.used = rows;
      }
      const row = this.used++;
      this.minutes[row] = rollup.minute;
      this.kinds[row] = rollup.kind;
      this.lines[row] = rollup.lines;
      this.bytes[row] = rollup.bytes;
    }
    const kept = { from, to: this.used, names: this.namesOf(rollup), count: block.count };
    let blocks = this.byFile.get(file);
    if (!blocks) {
      blocks = new Map();
      this.byFile.set(file, blocks);
    }
    blocks.set(block.id, kept);
    return kept;
  }

  private grow(): boolean {
    const rows = Math.min(this.rowsMax, Math.max(4096, this.minutes.length * 2));
    if (rows === this.minutes.length) {
      return false;
    }
    const [minutes, kinds, lines, bytes] = [new Uint16Array(rows), new Uint16Array(rows), new Uint32Array(rows), new Uint32Array(rows)];
    minutes.set(this.minutes);
    kinds.set(this.kinds);
    lines.set(this.lines);
    bytes.set(this.bytes);
    Object.assign(this, { minutes, kinds, lines, bytes });
    return true;
  }

  private forget(): void {
    this.used = 0;
    this.byFile = new WeakMap();
    this.names.clear();
  }

  private namesOf({ detectedNames, metadataNames }: RollupReader): RollupNames {
    const key = JSON.stringify([detectedNames, metadataNames]);
    let names = this.names.get(key);
    if (!names) {
      names = { detected: detectedNames, metadata: metadataNames };
      this.names.set(key, names);
    }
    return names;
  }
}
