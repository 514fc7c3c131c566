import type { Columns } from '../format/columns';
import { leftOut } from '../database';
import { hotRowName, readHotRow } from '../format/hotRow';
import { IdSet } from '../read/idSet';

/** A row of the table `hot`, as far as it is read. */
export interface HotData {
  id: number;
  data: Uint8Array;
}

/** Reads hot rows for the writer. One that is damaged stays where it is, for a repair, and is told of once: it holds up no others. */
export class HotRowReader {
  private readonly damaged = new IdSet();
  private damage: Error | undefined;

  read({ id, data }: HotData, day: number): Columns | undefined {
    try {
      return readHotRow(data);
    } catch (error) {
      if (!this.damaged.has(id)) {
        this.damaged.add(id);
        this.damage ??= leftOut(hotRowName(id, day), error);
      }
      return undefined;
    }
  }

  /** Throws what is to be said of the first damaged row that was met since it was last asked. */
  tellDamage(): void {
    const { damage } = this;
    this.damage = undefined;
    if (damage) {
      throw damage;
    }
  }
}
