/**
 * What makes text findable without reading it, gathered for a group of blocks in one pass over the bytes:
 *
 *  - the distinct trigrams of the bytes, ASCII letters lower-cased, each written as a word of five letters, which FTS5 indexes. A group of
 *    many numbers or ids has (nearly) all trigrams of digits; it then gets one word that stands for the whole family (`families`);
 *  - a Bloom filter with one hash over sampled 6-grams of long alphanumeric runs. Hexadecimal ids contain every
 *    trigram of hexadecimal digits, so trigrams alone can't find one; a whole trace id has about seven sampled 6-grams.
 *
 * Lines are taken as if they stood without a break between them: that adds grams and never loses one, so an answer "not here" is right.
 */
const lower = new Uint8Array(256);
const alphanumeric = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  lower[byte] = byte >= 65 && byte <= 90 ? byte + 32 : byte;
  alphanumeric[byte] = Number((byte >= 48 && byte <= 57) || (lower[byte] >= 97 && lower[byte] <= 122));
}

/** FTS5's `ascii` tokenizer takes these as letters; five of them hold the 24 bits of a trigram. */
const letters = Buffer.from('abcdefghijklmnopqrstuvwxyz012345');
const wordBytes = 5;

/**
 * Trigrams that come in hundreds and tell nothing where all are: three digits, and hexadecimal digits of both kinds (of letters alone are
 * words such as `bad`). The word of a family is one that no trigram has; a group either has it, or the words of the trigrams.
 */
interface Family {
  size: number;
  word: number;
}
const families: Array<Family | undefined> = [undefined, { size: 1000, word: 1 << 24 }, undefined, { size: 16 ** 3 - 10 ** 3 - 6 ** 3, word: (1 << 24) + 1 }];
/** Share of a family from which it is written as one word: the few that are missing are then looked for in vain. */
const familyShareMin = 0.9;
/** 1: a digit, 2: a hexadecimal letter, lower-cased; 4: any other byte. */
const kinds = new Uint8Array(256).fill(4);
kinds.fill(1, 48, 58);
kinds.fill(2, 97, 103);

/** The place in `families` of a trigram's family; from 4 on it is of none. */
function familyOf(gram: number): number {
  return kinds[gram >>> 16] | kinds[(gram >>> 8) & 255] | kinds[gram & 255];
}

/** Runs shorter than this are words and numbers, which trigrams find well enough. */
const runMin = 12;
const sampleLength = 6;
/** One 6-gram in four goes into the filter, chosen by its hash, so that text and query choose alike. */
const sampleMask = 3;
const filterBitsMax = 1 << 18;
const filterBitsMin = 1 << 9;
/** A filter is folded in half while fewer than this share of its bits are set: seven probes then pass wrongly less than once in 100. */
const filterFillMax = 0.5;

/** Collects the grams of one group at a time. Reused, since its tables are large. */
export class GramCollector {
  private readonly seen = new Uint32Array(1 << 19);
  private found = new Uint32Array(1 << 18);
  private count = 0;
  /** How many places there are that may lie in a long run, then each. */
  private runs = new Uint32Array(1 << 16);
  private readonly filter = new Uint32Array(filterBitsMax / 32);
  private filterUsed = false;

  add(text: Uint8Array): void {
    // room for every trigram of the text, so that the loop below needs no check of its own
    if (this.found.length < this.count + text.length) {
      const bigger = new Uint32Array(this.count + text.length);
      bigger.set(this.found.subarray(0, this.count));
      this.found = bigger;
    }
    if (this.runs.length < 2 + text.length / 8) {
      this.runs = new Uint32Array(2 + text.length / 8);
    }
    this.count = collect(text, this.seen, this.found, this.count, this.runs);
    for (let i = 1; i <= this.runs[0]; i++) {
      this.addRunAt(text, this.runs[i]);
    }
  }

  /** Adds the run around a place, if it is long enough. */
  private addRunAt(text: Uint8Array, at: number): void {
    let from = at;
    while (from > 0 && alphanumeric[text[from - 1]] === 1) {
      from--;
    }
    let to = at + 1;
    while (to < text.length && alphanumeric[text[to]] === 1) {
      to++;
    }
    if (to - from >= runMin) {
      this.addRun(text, from, to);
    }
  }

  private addRun(text: Uint8Array, from: number, to: number): void {
    const { filter } = this;
    this.filterUsed = true;
    // the last six lower-cased bytes as two trigrams, the older one remembered from three steps ago
    let gram = 0;
    let [old, older, oldest] = [0, 0, 0];
    for (let i = from; i < to; i++) {
      const high = oldest;
      oldest = older;
      older = old;
      old = gram = ((gram << 8) | lower[text[i]]) & 0xffffff;
      if (i >= from + sampleLength - 1) {
        const hash = hashOf(high, gram);
        if ((hash & sampleMask) === 0) {
          const bit = (hash >>> 2) & (filterBitsMax - 1);
          filter[bit >>> 5] |= 1 << (bit & 31);
        }
      }
    }
  }

  /** The words and the filter of what was added, then empty again. */
  take(): { words: string; filter: Uint8Array | null } {
    const grams = withFamilies(this.found.subarray(0, this.count));
    const words = wordsText(grams);
    forget(this.seen, this.found, this.count);
    this.count = 0;
    const filter = this.filterUsed ? fold(this.filter) : null;
    this.filter.fill(0);
    this.filterUsed = false;
    return { words, filter };
  }
}

/** Puts one word in the place of each family that is there (nearly) whole. */
function withFamilies(grams: Uint32Array): Uint32Array {
  const counts = [0, 0, 0, 0, 0, 0, 0, 0];
  for (const gram of grams) {
    counts[familyOf(gram)]++;
  }
  const whole = families.map((family, i) => family !== undefined && counts[i] >= family.size * familyShareMin);
  if (!whole.includes(true)) {
    return grams;
  }
  const left = grams.filter((gram) => whole[familyOf(gram)] !== true);
  return Uint32Array.of(...families.flatMap((family, i) => (family && whole[i] ? [family.word] : [])), ...left);
}

function wordsText(grams: Uint32Array): string {
  const words = Buffer.allocUnsafe(grams.length * (wordBytes + 1));
  for (let i = 0, at = 0; i < grams.length; i++, at += wordBytes + 1) {
    writeWord(words, at, grams[i]);
    words[at + wordBytes] = 32;
  }
  return words.toString('latin1');
}

function forget(seen: Uint32Array, found: Uint32Array, count: number): void {
  for (let i = 0; i < count; i++) {
    seen[found[i] >>> 5] = 0;
  }
}

/** A byte in lower case in the lowest eight bits; those above are set when it is a letter or a digit. */
const marks = Int32Array.from(lower, (byte) => byte | (alphanumeric[byte] === 1 ? ~255 : 0));

/**
 * Appends the trigrams not seen yet to `found`, and answers how many there are now; writes into `runs` how many places there are that may lie in a long run,
 * and each of them: a run of twelve letters and digits holds two whole steps of four in a row wherever it begins, and few others do. Apart from the class, both at
 * once and four bytes at a time, since it runs once per byte: a loop of single bytes takes half as long again, and so does a second loop for the runs.
 */
function collect(text: Uint8Array, seen: Uint32Array, found: Uint32Array, count: number, runs: Uint32Array): number {
  const { length } = text;
  let places = 0;
  let gram = 0;
  let i = 0;
  // the odd bytes come first: behind the long loop they would be code that V8 has not seen run when it optimizes it, each time anew
  for (; i < length && (i < 2 || (length - i) % 4 !== 0); i++) {
    gram = ((gram << 8) | lower[text[i]]) & 0xffffff;
    if (i >= 2 && (seen[gram >>> 5] & (1 << (gram & 31))) === 0) {
      seen[gram >>> 5] |= 1 << (gram & 31);
      found[count++] = gram;
    }
  }
  /** Steps in a row of letters and digits alone; the bytes before count as one, since a run may begin in them. */
  let steps = 1;
  for (; i < length; i += 4) {
    const a = marks[text[i]];
    const b = marks[text[i + 1]];
    const c = marks[text[i + 2]];
    const d = marks[text[i + 3]];
    const first = ((gram << 8) | (a & 255)) & 0xffffff;
    const second = ((first << 8) | (b & 255)) & 0xffffff;
    const third = ((second << 8) | (c & 255)) & 0xffffff;
    gram = ((third << 8) | (d & 255)) & 0xffffff;
    if ((seen[first >>> 5] & (1 << (first & 31))) === 0) {
      seen[first >>> 5] |= 1 << (first & 31);
      found[count++] = first;
    }
    if ((seen[second >>> 5] & (1 << (second & 31))) === 0) {
      seen[second >>> 5] |= 1 << (second & 31);
      found[count++] = second;
    }
    if ((seen[third >>> 5] & (1 << (third & 31))) === 0) {
      seen[third >>> 5] |= 1 << (third & 31);
      found[count++] = third;
    }
    if ((seen[gram >>> 5] & (1 << (gram & 31))) === 0) {
      seen[gram >>> 5] |= 1 << (gram & 31);
      found[count++] = gram;
    }
    steps = (steps + 1) & ((a & b & c & d) >> 8);
    if (steps === 2) {
      runs[++places] = i;
    }
  }
  runs[0] = places;
  return count;
}

/** Halves a filter while it stays sparse: position p of the whole is position p modulo the folded size. */
function fold(whole: Uint32Array): Uint8Array {
  let filter = whole.slice();
  while (filter.length * 32 > filterBitsMin) {
    const half = filter.length / 2;
    const folded = new Uint32Array(half);
    let set = 0;
    for (let i = 0; i < half; i++) {
      folded[i] = filter[i] | filter[i + half];
      set += ones(folded[i]);
    }
    if (set > half * 32 * filterFillMax) {
      break;
    }
    filter = folded;
  }
  return new Uint8Array(filter.buffer);
}

function ones(bits: number): number {
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return (((bits + (bits >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** Hash of a 6-gram given as its two trigrams (two rounds of multiply and shift). */
function hashOf(first: number, second: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function gramAt(text: Uint8Array, i: number): number {
  return (lower[text[i]] << 16) | (lower[text[i + 1]] << 8) | lower[text[i + 2]];
}

function writeWord(target: Buffer, at: number, gram: number): void {
  for (let k = 0; k < wordBytes; k++) {
    target[at + k] = letters[(gram >>> (20 - 5 * k)) & 31];
  }
}

/** The distinct trigrams of a text; empty below three bytes. */
export function gramsOf(text: Uint8Array): number[] {
  const grams = new Set<number>();
  for (let i = 0; i + 3 <= text.length; i++) {
    grams.add(gramAt(text, i));
  }
  return [...grams];
}

/** What FTS5 must match for a group to hold all these trigrams (at least one): their words, or the word of their family. */
export function matchOf(grams: number[]): string {
  const and = (list: number[]): string => list.map(wordOf).join(' AND ');
  const parts = families.map((family, i) => {
    const members = family ? grams.filter((gram) => familyOf(gram) === i) : [];
    return members.length === 0 ? undefined : `(${wordOf(family!.word)} OR (${and(members)}))`;
  });
  const alone = grams.filter((gram) => families[familyOf(gram)] === undefined);
  return [...(alone.length > 0 ? [and(alone)] : []), ...parts.filter((part) => part !== undefined)].join(' AND ');
}

function wordOf(gram: number): string {
  const word = Buffer.alloc(wordBytes);
  writeWord(word, 0, gram);
  return word.toString('latin1');
}

/** Hashes that the filter of a group must hold when a line of it contains the text; empty when the text has no long run. */
export function probesOf(text: Uint8Array): number[] {
  const probes = new Set<number>();
  let runStart = 0;
  for (let i = 0; i <= text.length; i++) {
    if (i < text.length && alphanumeric[text[i]] === 1) {
      continue;
    }
    if (i - runStart >= runMin) {
      for (let k = runStart; k + sampleLength <= i; k++) {
        const hash = hashOf(gramAt(text, k), gramAt(text, k + 3));
        if ((hash & sampleMask) === 0) {
          probes.add(hash >>> 2);
        }
      }
    }
    runStart = i + 1;
  }
  return [...probes];
}

/** Whether a group with this filter (null: it has no long runs) can contain a text with these probes. */
export function filterPasses(filter: Uint8Array | null, probes: number[]): boolean {
  if (probes.length === 0) {
    return true;
  }
  if (filter === null) {
    return false;
  }
  const mask = filter.length * 8 - 1;
  return probes.every((probe) => {
    const bit = probe & mask;
    return (filter[bit >>> 3] & (1 << (bit & 7))) !== 0;
  });
}
