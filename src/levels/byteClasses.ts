/**
 * Classes of bytes, as bits: what ends a word, and what a word is made of (0). Signs such as / . - _ @ belong to words, so that
 * /error/page, error.log and error-handler are not the word error.
 */

export const boundary = 1;
export const blank = 2;
/** Ends a word and may mean more: a colour, a quoted text, an object, the colon behind `app[123]`. */
export const telling = 4;

export const classes = new Uint8Array(256).fill(blank, 0, 0x21);
for (const char of '[](){}<>|,;:"\'=!') {
  classes[char.charCodeAt(0)] = boundary;
}
for (const char of '\u001b"{:') {
  classes[char.charCodeAt(0)] |= telling;
}
