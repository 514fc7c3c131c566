import { tokenize } from '../logql';

const closing = new Map([['(', ')'], ['{', '}']]);

/**
 * The bracket at a cursor and its partner, as offsets of their signs; undefined when the cursor touches none, or one without a partner.
 * Brackets in texts and comments are none. Monaco's own matching (0.34, which all of Grafana 10 to 13 ship) only sees brackets of
 * text without colours.
 */
export function bracketsAt(text: string, offset: number): [number, number] | undefined {
  const open: Array<{ at: number; closedBy: string }> = [];
  const pairs: Array<[number, number]> = [];
  for (const { type, start, end } of tokenize(text, { variables: true })) {
    const closedBy = closing.get(type);
    if (closedBy) {
      open.push({ at: start, closedBy });
    } else if (open.length > 0 && type === open[open.length - 1].closedBy) {
      pairs.push([open.pop()!.at, start]);
    } else if (type === 'RANGE' && text[end - 1] === ']') {
      pairs.push([start, end - 1]);
    }
  }
  // The innermost is closed first. Behind the sign comes before in front of it: `)|` is what was just typed.
  return pairs.find((pair) => pair.includes(offset - 1)) ?? pairs.find((pair) => pair.includes(offset));
}
