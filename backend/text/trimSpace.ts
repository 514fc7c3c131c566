/** Go's unicode.IsSpace: U+0085 is white space, U+FEFF is none, unlike what `trim` takes away. */
export const blankStart = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;
const blankEnd = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;

/** A text without white space at its ends (Go's strings.TrimSpace). */
export function trimSpace(text: string): string {
  let end = text.length;
  while (end > 0 && blankEnd.test(text[end - 1])) {
    end--;
  }
  return text.slice(0, end).replace(blankStart, '');
}
