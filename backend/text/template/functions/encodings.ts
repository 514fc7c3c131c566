import { CallError } from '../errors';
import { ofStrings, type TemplateFunction } from '../functions';
import { GoMap, type Value } from '../values';

/** Go's base64.StdEncoding: the error is the answer, as sprig does it. */
function decodeBase64(text: string): string {
  const plain = text.replace(/[\r\n]/g, '');
  const wrong = plain.search(/[^A-Za-z0-9+/]/);
  const bodyEnd = wrong < 0 ? plain.length : wrong;
  const padding = plain.slice(bodyEnd);
  const needed = (4 - (bodyEnd % 4)) % 4;
  if (needed === 3 || padding !== '='.repeat(needed)) {
    // without its padding the last group of four is wrong from its start
    const at = padding === '' ? bodyEnd - (bodyEnd % 4) : padding[0] === '=' ? Math.min(plain.length, bodyEnd + needed) : bodyEnd;
    return `illegal base64 data at input byte ${at}`;
  }
  return Buffer.from(plain, 'base64').toString('utf8');
}

/** Go's url.QueryUnescape. */
function queryUnescape(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/su.exec(text);
  if (bad) {
    throw new CallError(`invalid URL escape ${JSON.stringify(bad[0])}`);
  }
  const bytes: Buffer[] = [];
  let from = 0;
  const plain = text.replaceAll('+', ' ');
  for (const match of plain.matchAll(/(?:%[0-9a-fA-F]{2})+/g)) {
    bytes.push(Buffer.from(plain.slice(from, match.index), 'utf8'), Buffer.from(match[0].replaceAll('%', ''), 'hex'));
    from = match.index + match[0].length;
  }
  bytes.push(Buffer.from(plain.slice(from), 'utf8'));
  return Buffer.concat(bytes).toString('utf8');
}

/** Deeper JSON is taken as unreadable: printing it would call itself as deep. */
const depthMax = 500;

/** Go's json.Unmarshal into an interface; nil when it can't be read. */
function fromJson(text: string): Value {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Sprig ignores the error as well: the answer of unreadable JSON is nil.
    return undefined;
  }
  return jsonDepth(text) > depthMax ? undefined : jsonValue(parsed);
}

function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [character] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    depth += character === '{' || character === '[' ? 1 : character === '}' || character === ']' ? -1 : 0;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function jsonValue(value: unknown): Value {
  if (Array.isArray(value)) {
    return value.map(jsonValue);
  }
  if (typeof value === 'object' && value !== null) {
    return new GoMap(new Map(Object.entries(value).map(([key, item]) => [key, jsonValue(item)])), 'any');
  }
  if (typeof value === 'string') {
    return value.replace(/\p{Surrogate}/gu, '\uFFFD');
  }
  // a number too large for a double stays nil
  return value === null || value === Infinity || value === -Infinity ? undefined : (value as number | boolean);
}

export const encodingFunctions: ReadonlyArray<readonly [string, TemplateFunction]> = [
  ['b64enc', ofStrings(1, (text) => Buffer.from(text, 'utf8').toString('base64'))],
  ['b64dec', ofStrings(1, decodeBase64)],
  ['urldecode', ofStrings(1, queryUnescape)],
  ['fromJson', ofStrings(1, fromJson)],
];
