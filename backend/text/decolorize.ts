const isFinal = (c: number): boolean => c < 128 && finals[c] === 1;
const finals = tableOf('0123456789ABCDEFGHIJKLMNOPRZcfghijklmntqry=><~');
const intro = tableOf('[]()#;?');
const word = tableOf('0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ;');
const digits = tableOf('0123456789');
const semicolon = 0x3b;

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(65_536);
  for (const character of characters) {
    table[character.charCodeAt(0)] = 1;
  }
  return table;
}

/**
 * The text without ANSI sequences: what github.com/acarl005/stripansi takes as one, which is what Loki and Promtail strip.
 * Written by hand because that pattern, run by a backtracking engine, needs quadratic time on `ESC ; ; ; ;`.
 */
export function decolorize(text: string): string {
  let out = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c !== 0x1b && c !== 0x9b) {
      continue;
    }
    const end = sequenceEnd(text, i + 1);
    if (end > 0) {
      out += text.slice(from, i);
      from = end;
      i = end - 1;
    }
  }
  return from === 0 ? text : out + text.slice(from);
}

/** End of the sequence whose introducer ends at `at`, or -1. */
function sequenceEnd(text: string, at: number): number {
  let p = at;
  while (intro[text.charCodeAt(p)] === 1) {
    p++;
  }
  let bell = p;
  while (word[text.charCodeAt(bell)] === 1) {
    bell++;
  }
  if (text.charCodeAt(bell) === 0x07) {
    return bell + 1;
  }
  return controlEnd(text, p);
}

/** `(\d{1,4}(;\d{0,4})*)?[final]` at `p`, longest numbers first, giving back digits when no final character follows. */
function controlEnd(text: string, p: number): number {
  let e = p;
  if (digits[text.charCodeAt(p)] === 1) {
    e = digitsEnd(text, p);
    while (text.charCodeAt(e) === semicolon) {
      e = digitsEnd(text, e + 1);
    }
  }
  if (isFinal(text.charCodeAt(e))) {
    return e + 1;
  }
  for (let k = e - 1; k >= p; k--) {
    if (digits[text.charCodeAt(k)] === 1) {
      return k + 1;
    }
  }
  return -1;
}

function digitsEnd(text: string, at: number): number {
  let i = at;
  while (i < at + 4 && digits[text.charCodeAt(i)] === 1) {
    i++;
  }
  return i;
}
