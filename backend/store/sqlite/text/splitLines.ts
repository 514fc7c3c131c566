import { columnKind, fields, fixedEnd, fixedStart, nextField, widthField, writingField, type Layout } from './splitLayout';
import { dictionaryColumn, wordEnd, wordsColumn } from './splitText';
import { certainParts } from './textTokens';

/**
 * Which lines of a split text hold a word, told from where the word stands: in the bytes that all lines of a shape share, in the words of a column's
 * dictionary, in a column's list of words, or in a line of no shape. No line needs to be put together for that.
 */

/** Conditions that are told so: all of their alternatives lie within one word wherever they stand. @param needles see `needlesOf`. */
export function wordConditions(needles: Buffer[][]): Buffer[][] {
  return needles.filter((alternatives) => alternatives.every(isWord));
}

function isWord(text: Buffer): boolean {
  const [part, ...more] = certainParts(text);
  return part !== undefined && more.length === 0 && !part.hex && part.bytes.length === text.length;
}

/** 1 for every line that fulfils all conditions. @param meta, indexes: the frames A and B. */
export function linesWith(layout: Layout, meta: Uint8Array, indexes: Uint8Array, conditions: Buffer[][]): Uint8Array {
  const bytes = Buffer.from(meta.buffer, meta.byteOffset, meta.length);
  const found = new Uint8Array(layout.lines).fill(1);
  for (const texts of conditions) {
    leaveOut(found, layout, new Places(bytes, texts), indexes);
  }
  return found;
}

/** Where some texts stand in `meta`; asked for ranges in ascending order. Looked for one by one: a text may stand at every byte. */
class Places {
  /** Where each text stands next: the first place that is not before the last range. */
  private readonly next: number[];

  constructor(
    readonly bytes: Buffer,
    private readonly texts: Buffer[]
  ) {
    this.next = texts.map(() => -1);
  }

  /** Whether one of the texts stands wholly in `[from, to)`. */
  within(from: number, to: number): boolean {
    const { bytes, texts, next } = this;
    let found = false;
    for (let t = 0; t < texts.length; t++) {
      if (next[t] < from) {
        const at = bytes.indexOf(texts[t], from);
        next[t] = at < 0 ? Infinity : at;
      }
      found ||= next[t] + texts[t].length <= to;
    }
    return found;
  }

  /** From the start again. */
  rewind(): void {
    this.next.fill(-1);
  }
}

/** Clears the marks of the lines that do not hold one of the texts. */
function leaveOut(found: Uint8Array, layout: Layout, places: Places, indexes: Uint8Array): void {
  const { lines, first } = layout;
  const holding = Array.from(first, (_, shape) => new ShapeRows(layout.rows[shape]));
  for (let s = 1; s < first.length; s++) {
    lookAtColumns(layout, places, indexes, first[s - 1], first[s], holding[s]);
  }
  places.rewind();
  for (let s = 1; s < first.length; s++) {
    lookAtLists(layout, places, first[s - 1], first[s], holding[s]);
  }
  const rows = new Uint32Array(first.length);
  let looseAt = layout.looseAt;
  for (let line = 0; line < lines; line++) {
    const shape = indexes[line];
    const row = rows[shape]++;
    if (shape === 0) {
      const end = looseAt + layout.looseLengths[row];
      found[line] &= Number(places.within(looseAt, end));
      looseAt = end;
    } else {
      found[line] &= holding[shape].at(row);
    }
  }
}

/** Which lines of a shape hold a text. */
class ShapeRows {
  private all = 0;
  private some: Uint8Array | undefined;

  constructor(private readonly count: number) {}

  at(row: number): number {
    return this.some ? this.all | this.some[row] : this.all;
  }

  addAll(): void {
    this.all = 1;
  }

  add(row: number): void {
    this.some ??= new Uint8Array(this.count);
    this.some[row] = 1;
  }

  /** Adds the rows whose values are marked with 1 in `words`. @param values the value of each row, from `at` on. */
  addWhere(values: Uint8Array, at: number, words: Uint8Array): void {
    const some = (this.some ??= new Uint8Array(this.count));
    for (let row = 0; row < some.length; row++) {
      some[row] |= words[values[at + row]];
    }
  }
}

/** Looks for the text in the bytes between the columns `[from, to)`, and in their dictionaries. */
function lookAtColumns({ columns, words }: Layout, places: Places, indexes: Uint8Array, from: number, to: number, rows: ShapeRows): void {
  for (let c = from * fields; c < to * fields; c += fields) {
    if (places.within(columns[c + fixedStart], columns[c + fixedEnd])) {
      rows.addAll();
    }
    if (columns[c + columnKind] === dictionaryColumn) {
      let found: Uint8Array | undefined;
      for (let w = 0; w < columns[c + widthField]; w++) {
        const word = columns[c + writingField] + 2 * w;
        if (places.within(words[word], words[word + 1])) {
          found ??= new Uint8Array(256);
          found[w] = 1;
        }
      }
      if (found) {
        rows.addWhere(indexes, columns[c + nextField], found);
      }
    }
  }
}

/** Looks for the text in the lists of words among the columns `[from, to)`. */
function lookAtLists({ columns }: Layout, places: Places, from: number, to: number, rows: ShapeRows): void {
  for (let c = from * fields; c < to * fields; c += fields) {
    const start = columns[c + nextField];
    const end = start + columns[c + widthField];
    if (columns[c + columnKind] === wordsColumn && places.within(start, end)) {
      for (let at = start, row = 0; at < end; row++) {
        const stop = places.bytes.indexOf(wordEnd, at);
        if (stop < 0 || stop >= end) {
          throw new Error('a list of words ends early');
        }
        if (places.within(at, stop)) {
          rows.add(row);
        }
        at = stop + 1;
      }
    }
  }
}
