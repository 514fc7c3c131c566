/** Hot rows of one stream and day that wait to be sealed. */
export interface Waiting {
  day: number;
  /** The stream's key (`streamKey.ts`). */
  key: string;
  bytes: number;
  rows: number;
  /** Since when there are some, by the steady clock. */
  sinceMs: number;
}

/** What `hot.db` says of it. */
export type WaitingRows = Omit<Waiting, 'sinceMs'>;

/** One name for a stream and a day. */
export const nameOf = (day: number, key: string): string => `${day} ${key}`;

/** How much waits in `hot.db`, by stream and day, and which of it is due to be sealed. */
export class SealQueue {
  private parts = new Map<string, Waiting>();
  /** Before this nothing is old enough: with many streams of many tenants a look at each of them after each push is too much. */
  private agedFromMs = 0;
  /** Text and rows of all parts. */
  bytes = 0;
  rows = 0;

  /** @param ageMs after which rows are sealed however few they are. */
  constructor(private readonly ageMs: number) {}

  get size(): number {
    return this.parts.size;
  }

  /** Starts anew with what is there. */
  load(rows: WaitingRows[], sinceMs: number): void {
    this.parts = new Map(rows.map((row) => [nameOf(row.day, row.key), { ...row, sinceMs }]));
    this.bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
    this.rows = rows.reduce((sum, row) => sum + row.rows, 0);
    this.agedFromMs = sinceMs + this.ageMs;
  }

  /** One row more. */
  add(day: number, key: string, bytes: number, nowMs: number): void {
    const name = nameOf(day, key);
    const part = this.parts.get(name);
    if (part) {
      part.bytes += bytes;
      part.rows++;
    } else {
      this.parts.set(name, { day, key, bytes, rows: 1, sinceMs: nowMs });
      this.agedFromMs = Math.min(this.agedFromMs, nowMs + this.ageMs);
    }
    this.bytes += bytes;
    this.rows++;
  }

  /** One row less. */
  take(part: Waiting, bytes: number): void {
    part.bytes -= bytes;
    part.rows--;
    this.bytes -= bytes;
    this.rows--;
    if (part.rows <= 0) {
      this.parts.delete(nameOf(part.day, part.key));
    }
  }

  /** What is due: all of it, or what is old. */
  due(nowMs: number, all: boolean): Waiting[] {
    if (all) {
      return [...this.parts.values()];
    }
    if (nowMs < this.agedFromMs) {
      return [];
    }
    this.agedFromMs = Infinity;
    const due: Waiting[] = [];
    for (const part of this.parts.values()) {
      const agedMs = part.sinceMs + this.ageMs;
      this.agedFromMs = Math.min(this.agedFromMs, agedMs);
      if (agedMs <= nowMs) {
        due.push(part);
      }
    }
    return due;
  }
}
