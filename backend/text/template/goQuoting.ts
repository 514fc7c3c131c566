const escapes = new Map([
  ['a', '\x07'], ['b', '\b'], ['f', '\f'], ['n', '\n'], ['r', '\r'], ['t', '\t'], ['v', '\v'], ['\\', '\\'], ["'", "'"], ['"', '"'],
]);
const escapeText = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\'"]))/y;

/** Go's strconv.Unquote for text in double quotes, single quotes or backticks; undefined when it is not valid. */
export function unquoteGo(quoted: string): string | undefined {
  const mark = quoted[0];
  const body = quoted.slice(1, -1);
  if (mark === '`') {
    return body.replaceAll('\r', '');
  }
  if (!body.includes('\\')) {
    return body;
  }
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = body.indexOf('\\'); at >= 0; at = body.indexOf('\\', from)) {
    parts.push(Buffer.from(body.slice(from, at), 'utf8'));
    escapeText.lastIndex = at;
    const match = escapeText.exec(body);
    if (!match) {
      return undefined;
    }
    const [, hex, short, long, octal, letter] = match;
    if (letter !== undefined) {
      if ((letter === "'" && mark === '"') || (letter === '"' && mark === "'")) {
        return undefined;
      }
      parts.push(Buffer.from(escapes.get(letter)!, 'utf8'));
    } else if (hex !== undefined || octal !== undefined) {
      const byte = hex !== undefined ? parseInt(hex, 16) : parseInt(octal, 8);
      if (byte > 255) {
        return undefined;
      }
      parts.push(Buffer.from([byte]));
    } else {
      const point = parseInt(short ?? long, 16);
      if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return undefined;
      }
      parts.push(Buffer.from(String.fromCodePoint(point), 'utf8'));
    }
    from = at + match[0].length;
  }
  parts.push(Buffer.from(body.slice(from), 'utf8'));
  return Buffer.concat(parts).toString('utf8');
}
