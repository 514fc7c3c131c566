const pageBits = 1 << 16;

/**
 * Numbers of rows, a bit for each: a day of very many streams has a million of them, which would be forty megabytes as a `Set`. Numbers that lie
 * far from all others (only a damaged file has such) cost one page of 8 KB.
 */
export class IdSet implements Iterable<number> {
  private readonly pages = new Map<number, Uint32Array>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(id: number): void {
    const number = Math.floor(id / pageBits);
    let page = this.pages.get(number);
    if (!page) {
      page = new Uint32Array(pageBits / 32);
      this.pages.set(number, page);
    }
    const at = id - number * pageBits;
    const bit = 1 << (at & 31);
    if ((page[at >> 5] & bit) === 0) {
      page[at >> 5] |= bit;
      this.count++;
    }
  }

  has(id: number): boolean {
    const number = Math.floor(id / pageBits);
    const page = this.pages.get(number);
    const at = id - number * pageBits;
    return page !== undefined && (page[at >> 5] & (1 << (at & 31))) !== 0;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (const [number, page] of this.pages) {
      for (let word = 0; word < page.length; word++) {
        for (let bits = page[word], bit = 0; bits !== 0; bits >>>= 1, bit++) {
          if ((bits & 1) !== 0) {
            yield number * pageBits + word * 32 + bit;
          }
        }
      }
    }
  }
}
