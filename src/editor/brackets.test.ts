import { bracketsAt } from './brackets';

/** The text with the pair at the bar in angle quotes. */
function pair(marked: string): string {
  const offset = marked.indexOf('¦');
  const text = marked.replace('¦', '');
  const found = bracketsAt(text, offset);
  return found ? [...text].map((sign, at) => (found.includes(at) ? `«${sign}»` : sign)).join('') : 'none';
}

test.each([
  ['sum(rate({a="b"} [5m]))¦', 'sum«(»rate({a="b"} [5m])«)»'],
  ['sum(rate({a="b"} [5m])¦)', 'sum(rate«(»{a="b"} [5m]«)»)'],
  ['sum¦(rate({a="b"} [5m]))', 'sum«(»rate({a="b"} [5m])«)»'],
  ['rate(¦{a="}"} [5m])', 'rate«(»{a="}"} [5m]«)»'],
  ['rate({a="}"¦} [5m])', 'rate({a="}"} [5m])'.replace('{', '«{»').replace('"}"}', '"}"«}»')],
  ['rate({a="b"} [5m]¦)', 'rate({a="b"} «[»5m«]»)'],
  ['sum(rate({a="b"}¦', 'sum(rate(«{»a="b"«}»'],
  ['sum(¦', 'none'],
  ['{a="b"} |= "(¦)"', 'none'],
  ['{a="b"} # (¦)', 'none'],
  ['¦', 'none'],
])('%s', (marked, expected) => {
  expect(pair(marked)).toBe(expected);
});
