import type { Tokens } from './textTokens';

/** Words of one column; more are no dictionary but a list. */
const wordsMax = 255;
const slots = 1024;

/** The words of a column, the usual first, and which of them each row has. `bits` is about what the column takes that way. */
export interface Found {
  /** A token for each word. */
  words: number[];
  ranks: Uint8Array;
  bits: number;
}

/** Finds out whether a column holds few words. Open addressing over bytes: a string for each token would cost more than the rest. */
export class TokenDictionary {
  private readonly table = new Uint16Array(slots);
  private readonly words = new Uint32Array(wordsMax + 1);
  private readonly uses = new Uint32Array(wordsMax + 1);
  private count = 0;

  /** Undefined when too many rows have a word of their own. */
  fill(text: Uint8Array, tokens: Tokens, rows: Uint32Array): Found | undefined {
    this.table.fill(0);
    this.count = 0;
    const most = Math.min(wordsMax, Math.max(4, rows.length >>> 2));
    const numbers = new Uint8Array(rows.length);
    let changes = 0;
    for (let r = 0; r < rows.length; r++) {
      const number = this.numberOf(text, tokens, rows[r]);
      if (this.count > most) {
        return undefined;
      }
      numbers[r] = number;
      changes += Number(r > 0 && number !== numbers[r - 1]);
    }
    const order = Array.from({ length: this.count }, (_, i) => i).sort((a, b) => this.uses[b] - this.uses[a]);
    const rankOf = new Uint8Array(this.count);
    order.forEach((word, rank) => (rankOf[word] = rank));
    let entropy = 0;
    let wordBits = 0;
    for (let word = 0; word < this.count; word++) {
      entropy += this.uses[word] * Math.log2(rows.length / this.uses[word]);
      wordBits += 6 * (tokens.ends[this.words[word]] - tokens.starts[this.words[word]] + 1);
    }
    return {
      words: order.map((word) => this.words[word]),
      ranks: numbers.map((word) => rankOf[word]),
      bits: Math.min(entropy, changes * 16) + wordBits,
    };
  }

  private numberOf(text: Uint8Array, { starts, ends }: Tokens, token: number): number {
    const start = starts[token];
    const end = ends[token];
    let hash = end - start;
    for (let i = start; i < end; i++) {
      hash = Math.imul(hash ^ text[i], 0x01000193);
    }
    for (let slot = (hash ^ (hash >>> 15)) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const number = this.table[slot] - 1;
      if (number < 0) {
        this.table[slot] = this.count + 1;
        this.words[this.count] = token;
        this.uses[this.count] = 1;
        return this.count++;
      }
      if (sameBytes(text, start, end, starts[this.words[number]], ends[this.words[number]])) {
        this.uses[number]++;
        return number;
      }
    }
  }
}

function sameBytes(text: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) {
    return false;
  }
  for (let i = start, j = otherStart; i < end; i++, j++) {
    if (text[i] !== text[j]) {
      return false;
    }
  }
  return true;
}
