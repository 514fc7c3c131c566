import type { OpenFile } from './openFile';

/**
 * Keeps the number of open files down: the one that was not used for the longest time is closed. An open descriptor is worth something, a file
 * that was deleted can be read to its end, so as many as possible are kept.
 */
export class Descriptors {
  private readonly open = new Set<OpenFile>();
  private clock = 0;

  constructor(private readonly max: number) {}

  /** The file was opened or read. */
  use(file: OpenFile): void {
    file.usedAt = ++this.clock;
    this.open.add(file);
    if (this.open.size > this.max) {
      this.closeOldest();
    }
  }

  close(file: OpenFile): void {
    file.close();
    this.open.delete(file);
  }

  closeAll(): void {
    for (const file of this.open) {
      file.close();
    }
    this.open.clear();
  }

  get count(): number {
    return this.open.size;
  }

  /** Closes an eighth at once, so that the search for the oldest is rare. */
  private closeOldest(): void {
    const byAge = [...this.open].sort((a, b) => a.usedAt - b.usedAt);
    for (const file of byAge.slice(0, Math.max(1, Math.floor(this.max / 8)))) {
      this.close(file);
    }
  }
}
