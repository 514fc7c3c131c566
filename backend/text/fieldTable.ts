/**
 * Field names seen so far, found by their bytes, so that a line with known fields makes no strings for their names. What a
 * name means to the caller is decided once, by `make`.
 */
export class FieldTable<T> {
  private buckets: Array<FieldEntry<T> | undefined> = new Array(64).fill(undefined);
  private count = 0;
  /** The entry that was found last: lines have their fields in the same order, so the next one is likely the one that followed it before. */
  private last: FieldEntry<T> | undefined;

  /** @param make the value for a name that was not seen before (bytes of the name as text). */
  constructor(private readonly make: (name: string) => T) {}

  /** How many names are held: the owner throws a table away when hostile lines make it grow without end. */
  get size(): number {
    return this.count;
  }

  /**
   * The entry whose name stands at `start` with `sign` behind it, if that is the name that followed the last one before: comparing costs a
   * third of hashing. The sign must be one that ends every name.
   */
  follow(bytes: Buffer, start: number, end: number, sign: number): FieldEntry<T> | undefined {
    const entry = this.last?.successor;
    if (entry === undefined || start + entry.bytes.length >= end || bytes[start + entry.bytes.length] !== sign || !sameBytes(entry.bytes, bytes, start)) {
      return undefined;
    }
    this.last = entry;
    return entry;
  }

  /** The value of the name in bytes `[start, end)`; `hash` must be `31 * hash + byte` over these bytes in 32 bits, starting with 0. */
  get(bytes: Buffer, start: number, end: number, hash: number): T {
    const length = end - start;
    for (let entry = this.buckets[hash & (this.buckets.length - 1)]; entry; entry = entry.next) {
      if (entry.hash === hash && entry.bytes.length === length && sameBytes(entry.bytes, bytes, start)) {
        return this.found(entry);
      }
    }
    return this.found(this.add(bytes, start, end, hash));
  }

  private found(entry: FieldEntry<T>): T {
    if (this.last) {
      this.last.successor = entry;
    }
    this.last = entry;
    return entry.value;
  }

  private add(bytes: Buffer, start: number, end: number, hash: number): FieldEntry<T> {
    if (this.count > this.buckets.length) {
      this.grow();
    }
    const at = hash & (this.buckets.length - 1);
    const name = Uint8Array.prototype.slice.call(bytes, start, end);
    const entry: FieldEntry<T> = { hash, bytes: name, value: this.make(bytes.toString('utf8', start, end)), next: this.buckets[at], successor: undefined };
    this.buckets[at] = entry;
    this.count++;
    return entry;
  }

  private grow(): void {
    const old = this.buckets;
    this.buckets = new Array(old.length * 4).fill(undefined);
    for (let entry of old) {
      while (entry) {
        const next: FieldEntry<T> | undefined = entry.next;
        const at = entry.hash & (this.buckets.length - 1);
        entry.next = this.buckets[at];
        this.buckets[at] = entry;
        entry = next;
      }
    }
  }
}

export interface FieldEntry<T> {
  hash: number;
  bytes: Uint8Array;
  value: T;
  next: FieldEntry<T> | undefined;
  /** The entry that came after this one the last time. */
  successor: FieldEntry<T> | undefined;
}

/** Whether these bytes stand at `start`. */
export function sameBytes(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i++) {
    if (name[i] !== bytes[start + i]) {
      return false;
    }
  }
  return true;
}
