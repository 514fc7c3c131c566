import { keepShape } from '../../../runtime/shapes';

/** A binary heap; the first item is the one that comes before all others. */
export class Heap<T> {
  /** @param items what it begins with, in any order; it is the heap's from then on. Cheaper than to push them all. */
  constructor(
    private readonly first: (a: T, b: T) => boolean,
    private readonly items: T[] = []
  ) {
    for (let at = (items.length >> 1) - 1; at >= 0; at--) {
      this.sink(at);
    }
  }

  get size(): number {
    return this.items.length;
  }

  peek(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    const { items, first } = this;
    let at = items.push(item) - 1;
    while (at > 0 && first(items[at], items[(at - 1) >> 1])) {
      const up = (at - 1) >> 1;
      [items[at], items[up]] = [items[up], items[at]];
      at = up;
    }
  }

  pop(): T | undefined {
    const { items } = this;
    const top = items[0];
    const last = items.pop();
    if (items.length > 0 && last !== undefined) {
      items[0] = last;
      this.sink(0);
    }
    return top;
  }

  private sink(at: number): void {
    const { items, first } = this;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= items.length) {
        return;
      }
      if (down + 1 < items.length && first(items[down + 1], items[down])) {
        down++;
      }
      if (!first(items[down], items[at])) {
        return;
      }
      [items[at], items[down]] = [items[down], items[at]];
      at = down;
    }
  }
}

keepShape(new Heap<number>(() => true));
