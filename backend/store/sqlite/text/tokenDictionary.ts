import type { Tokens } from './textTokens';
import type { VarintWriter } from '../format/varint';

/** Words of one column; more are no dictionary but a list. */
const wordsMax = 255;
const slots = 1024;
const slotBits = 10;

/** `n * log2(n)` for small numbers: logarithms cost more than the rest. */
const weights = Float64Array.from({ length: 4096 }, (_, n) => n * Math.log2(n || 1));
const weightOf = (n: number): number => (n < weights.length ? weights[n] : n * Math.log2(n));

/** Finds out whether a column holds few words, and writes those. Open addressing over marks: a string for each token would cost more than the rest. */
export class TokenDictionary {
  private readonly table = new Uint16Array(slots);
  private readonly words = new Int32Array(wordsMax + 1);
  private readonly uses = new Int32Array(wordsMax + 1);
  private readonly order = new Int32Array(wordsMax + 1);
  private readonly ranks = new Uint8Array(wordsMax + 1);
  /** Which word each row has. */
  private numbers = new Uint8Array(4096);
  private count = 0;
  private rows = 0;

  /** Looks at the tokens `rows[..] + column`; answers about how many bits they take that way, Infinity when too many rows have a word of their own. */
  fill(tokens: Tokens, rows: Int32Array, column: number): number {
    this.table.fill(0);
    this.count = 0;
    this.rows = rows.length;
    if (this.numbers.length < rows.length) {
      this.numbers = new Uint8Array(2 * rows.length);
    }
    const { numbers } = this;
    const most = Math.min(wordsMax, Math.max(4, rows.length >>> 2));
    let changes = 0;
    let last = 0;
    for (let r = 0; r < rows.length; r++) {
      const number = this.numberOf(tokens, rows[r] + column);
      if (this.count > most) {
        return Infinity;
      }
      numbers[r] = number;
      changes += Number(number !== last);
      last = number;
    }
    let entropy = weightOf(rows.length);
    let wordBits = 0;
    for (let word = 0; word < this.count; word++) {
      entropy -= weightOf(this.uses[word]);
      wordBits += 6 * (tokens.lengths[this.words[word]] + 1);
    }
    return Math.min(entropy, changes * 16) + wordBits;
  }

  private numberOf({ marks, lengths }: Tokens, token: number): number {
    const { table, words } = this;
    const mark = marks[token];
    const length = lengths[token];
    for (let slot = Math.imul(mark + length, 0x9e3779b1) >>> (32 - slotBits); ; slot = (slot + 1) & (slots - 1)) {
      const number = table[slot] - 1;
      if (number < 0) {
        table[slot] = this.count + 1;
        words[this.count] = token;
        this.uses[this.count] = 1;
        return this.count++;
      }
      if (marks[words[number]] === mark && lengths[words[number]] === length) {
        this.uses[number]++;
        return number;
      }
    }
  }

  /** Writes what `fill` found: the words, the usual first, and an index for each row. */
  write({ bytes, starts, lengths }: Tokens, words: VarintWriter, indexes: VarintWriter): void {
    this.sort();
    words.write(this.count);
    for (let rank = 0; rank < this.count; rank++) {
      const token = this.words[this.order[rank]];
      words.write(lengths[token]);
      words.appendPart(bytes, starts[token], starts[token] + lengths[token]);
      this.ranks[this.order[rank]] = rank;
    }
    for (let r = 0; r < this.rows; r++) {
      this.numbers[r] = this.ranks[this.numbers[r]];
    }
    indexes.appendPart(this.numbers, 0, this.rows);
  }

  /** By insertion: words are few, and the usual ones mostly come first. */
  private sort(): void {
    const { order, uses, count } = this;
    for (let word = 0; word < count; word++) {
      let at = word;
      for (; at > 0 && uses[order[at - 1]] < uses[word]; at--) {
        order[at] = order[at - 1];
      }
      order[at] = word;
    }
  }
}
