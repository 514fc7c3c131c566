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
  const [first, ...rest] = conditions.map((texts) => linesWithOne(layout, new Places(bytes, texts), indexes));
  return first.map((holds, line) => (rest.every((found) => found[line] === 1) ? holds : 0));
}

/** Where some texts stand in `meta`; asked for ranges in ascending order. */
class Places {
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private at = 0;

  constructor(
    readonly bytes: Buffer,
    texts: Buffer[]
  ) {
    const places: Array<[number, number]> = [];
    for (const text of texts) {
      for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
        places.push([at, at + text.length]);
      }
    }
    for (const [start, end] of places.sort((a, b) => a[0] - b[0])) {
      this.starts.push(start);
      this.ends.push(end);
    }
  }

  /** Whether one of the texts stands wholly in `[from, to)`. */
  within(from: number, to: number): boolean {
    const { starts, ends } = this;
    while (starts[this.at] < from) {
      this.at++;
    }
    for (let i = this.at; starts[i] < to; i++) {
      if (ends[i] <= to) {
        return true;
      }
    }
    return false;
  }

  /** From the start again. */
  rewind(): void {
    this.at = 0;
  }
}

/** A column whose values decide: the values of its lines begin at `at` of `indexes`, and 1 stands in `words` for those that hold the text. */
interface DecidingColumn {
  at: number;
  words: Uint8Array;
}

function linesWithOne(layout: Layout, places: Places, indexes: Uint8Array): Uint8Array {
  const { lines, first } = layout;
  const shapeCount = first.length - 1;
  const always = new Uint8Array(shapeCount + 1);
  const deciding: DecidingColumn[][] = [[]];
  const lists: Uint8Array[][] = [[]];
  for (let s = 0; s < shapeCount; s++) {
    always[s + 1] = Number(lookAtColumns(layout, places, first[s], first[s + 1], (deciding[s + 1] = [])));
  }
  places.rewind();
  for (let s = 0; s < shapeCount; s++) {
    lookAtLists(layout, places, first[s], first[s + 1], (lists[s + 1] = []));
  }
  const found = new Uint8Array(lines);
  const rows = new Uint32Array(shapeCount + 1);
  let looseAt = layout.looseAt;
  for (let line = 0; line < lines; line++) {
    const shape = indexes[line];
    const row = rows[shape]++;
    if (shape === 0) {
      const end = looseAt + layout.looseLengths[row];
      found[line] = Number(places.within(looseAt, end));
      looseAt = end;
    } else if (always[shape] === 1 || deciding[shape].some(({ at, words }) => words[indexes[at + row]] === 1) || lists[shape].some((list) => list[row] === 1)) {
      found[line] = 1;
    }
  }
  return found;
}

/** Whether the bytes between the columns `[from, to)` hold the text; adds dictionaries with such words. */
function lookAtColumns({ columns, words }: Layout, places: Places, from: number, to: number, deciding: DecidingColumn[]): boolean {
  let always = false;
  for (let c = from * fields; c < to * fields; c += fields) {
    always = places.within(columns[c + fixedStart], columns[c + fixedEnd]) || always;
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
        deciding.push({ at: columns[c + nextField], words: found });
      }
    }
  }
  return always;
}

/** Adds which rows of the lists of words among the columns `[from, to)` hold the text. */
function lookAtLists({ columns }: Layout, places: Places, from: number, to: number, lists: Uint8Array[]): void {
  for (let c = from * fields; c < to * fields; c += fields) {
    const start = columns[c + nextField];
    const end = start + columns[c + widthField];
    if (columns[c + columnKind] === wordsColumn && places.within(start, end)) {
      const rows: number[] = [];
      for (let at = start; at < end; ) {
        const stop = places.bytes.indexOf(wordEnd, at);
        if (stop < 0 || stop >= end) {
          throw new Error('a list of words ends early');
        }
        rows.push(Number(places.within(at, stop)));
        at = stop + 1;
      }
      lists.push(Uint8Array.from(rows));
    }
  }
}
