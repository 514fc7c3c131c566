import { isCollection, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';

/** The message with the line of the file behind the place that each of its lines begins with (`clients[0].url: ...`), as far as it can be found. */
export function withLine(message: string, text: string): string {
  return message.split('\n').map((sentence) => placed(sentence, text)).join('\n');
}

function placed(message: string, text: string): string {
  const [head, place] = /^(?:there is no key )?([A-Za-z_]\w*(?:\.[\w-]+|\[\d+\])*)(?=[:. ]|$)/.exec(message) ?? [];
  const line = place === undefined ? undefined : lineOf(place, text);
  return line === undefined ? message : `${head} (line ${line})${message.slice(head!.length)}`;
}

/** The line of the deepest key on the way that is there; undefined when not even the first one is. */
function lineOf(place: string, text: string): number | undefined {
  const lines = new LineCounter();
  let node: unknown = parseDocument(text, { lineCounter: lines, version: '1.1', merge: true }).contents;
  let at: number | undefined;
  for (const [, name, index] of place.matchAll(/([\w-]+)|\[(\d+)\]/g)) {
    const next = isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.source ?? key.value) === name) : undefined;
    const item = isCollection(node) && index !== undefined ? (node.items[Number(index)] as Node | undefined) : next?.key;
    if (!isScalar(item) && !isCollection(item)) {
      break;
    }
    at = item.range?.[0];
    node = next ? next.value : item;
  }
  return at === undefined ? undefined : lines.linePos(at).line;
}
