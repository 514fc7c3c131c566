import { blockEnd, closeBrace, closeBracket, colon, comma, jsonErrors, nextToken, openBrace, openBracket, quote, scalarEnd, stringEnd, unescapeJson } from './jsonScan';
import { jsonStringText } from './json';
import type { Source } from './source';

/** What Promtail's `pack` stage wrote: the line that was packed and the labels beside it (strings only, names as they stand). */
export interface Packed {
  entry: string;
  labels: Array<[name: string, value: string]>;
}

/** The name of the packed line (Loki, pkg/logqlmodel). */
const entryKey = '_entry';

/** Reads the object in bytes `[start, end)`; undefined when it has no packed line. The error is worded as Loki words it. */
export function unpackJson(source: Source, start: number, end: number): { packed?: Packed; error?: string } {
  const bytes = source.bytes;
  if (bytes[start] !== openBrace) {
    return { error: 'expecting json object(6), but it is not' };
  }
  let entry: string | undefined;
  const labels: Array<[string, string]> = [];
  let at = nextToken(bytes, start + 1, end);
  if (at < 0) {
    return { error: jsonErrors.json };
  }
  while (bytes[at] !== closeBrace) {
    const member = bytes[at] === quote ? readMember(bytes, at, end) : { error: jsonErrors.object };
    if ('error' in member) {
      return member;
    }
    if (member.string) {
      const [from, to] = member.value;
      if (member.key === entryKey) {
        entry = unescapeJson(source.slice(from + 1, to - 1));
        if (entry === undefined) {
          return { error: jsonErrors.escape };
        }
      } else {
        labels.push([member.key, jsonStringText(source, from + 1, to - 1)]);
      }
    }
    at = nextToken(bytes, member.value[1], end);
    if (at >= 0 && bytes[at] === comma) {
      at = nextToken(bytes, at + 1, end);
    } else if (at >= 0 && bytes[at] !== closeBrace) {
      return { error: jsonErrors.object };
    }
    if (at < 0) {
      return { error: jsonErrors.array };
    }
  }
  return entry === undefined ? {} : { packed: { entry, labels } };
}

type Member = { key: string; string: boolean; value: [number, number] } | { error: string };

function readMember(bytes: Buffer, at: number, end: number): Member {
  const close = stringEnd(bytes, at + 1, end);
  if (close < 0) {
    return { error: jsonErrors.json };
  }
  const key = unescapeJson(bytes.toString('utf8', at + 1, close));
  if (key === undefined) {
    return { error: jsonErrors.escape };
  }
  const sign = nextToken(bytes, close + 1, end);
  const value = sign < 0 || bytes[sign] !== colon ? -1 : nextToken(bytes, sign + 1, end);
  if (value < 0) {
    return { error: jsonErrors.json };
  }
  switch (bytes[value]) {
    case quote: {
      const after = stringEnd(bytes, value + 1, end);
      return after < 0 ? { error: jsonErrors.string } : { key, string: true, value: [value, after + 1] };
    }
    case openBrace:
    case openBracket: {
      const object = bytes[value] === openBrace;
      const after = object ? blockEnd(bytes, value, end, openBrace, closeBrace) : blockEnd(bytes, value, end, openBracket, closeBracket);
      return after < 0 ? { error: object ? jsonErrors.object : jsonErrors.array } : { key, string: false, value: [value, after] };
    }
  }
  const after = scalarEnd(bytes, value, end);
  const valid = /^(?:true|false|null|[0-9-].*)$/s.test(bytes.toString('latin1', value, after));
  return valid ? { key, string: false, value: [value, after] } : { error: jsonErrors.unknown };
}
