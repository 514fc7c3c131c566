/** Escapes of RE2 that stand for a place in the text. */
export const placeEscapes = new Map<string | undefined, 'beginText' | 'endText' | 'word' | 'noWord'>([
  ['A', 'beginText'],
  ['z', 'endText'],
  ['b', 'word'],
  ['B', 'noWord'],
]);

/** Escapes that stand for a control character, by code. */
export const controlEscapes = new Map([
  ['a', 7],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
]);
