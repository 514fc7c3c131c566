/** Runs pieces of work one after the other, in the order in which they come. */
export class InTurn {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work);
    // who comes next waits for this one, whatever becomes of it; its own caller hears of a failure
    this.last = mine.catch(() => undefined);
    return mine;
  }
}
