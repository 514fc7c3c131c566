import { badRequest } from '../model/errors';

/** A piece of `<ip> - <_> [<ts>]`: literal bytes, or a capture (unnamed for `<_>`). */
export type PatternPiece = { literal: Buffer } | { capture: string | undefined };

const captureName = /<([a-zA-Z_][a-zA-Z0-9_]*)>/g;

/** Cuts a pattern into pieces; `<x>` is a capture when x is a label name, anything else is literal. */
export function parsePieces(pattern: string): PatternPiece[] {
  const pieces: PatternPiece[] = [];
  let from = 0;
  for (const match of pattern.matchAll(captureName)) {
    if (match.index > from) {
      pieces.push({ literal: Buffer.from(pattern.slice(from, match.index), 'utf8') });
    }
    pieces.push({ capture: match[1] === '_' ? undefined : match[1] });
    from = match.index + match[0].length;
  }
  if (from < pattern.length) {
    pieces.push({ literal: Buffer.from(pattern.slice(from), 'utf8') });
  }
  return pieces;
}

function refuseNeighbours(pieces: PatternPiece[], pattern: string): void {
  for (let i = 1; i < pieces.length; i++) {
    const before = pieces[i - 1];
    const here = pieces[i];
    if ('capture' in before && 'capture' in here) {
      throw badRequest(
        `found consecutive capture '<${before.capture ?? '_'}><${here.capture ?? '_'}>': invalid expression: put text between the two captures of ${JSON.stringify(pattern)}`
      );
    }
  }
}

/** The pattern of `|>` and `!>`: only `<_>`, which stands for at least one byte. */
export interface LinePattern {
  readonly pieces: PatternPiece[];
  test(bytes: Buffer, start: number, end: number): boolean;
}

export function parseLinePattern(pattern: string): LinePattern {
  const pieces = parsePieces(pattern);
  refuseNeighbours(pieces, pattern);
  const named = pieces.find((piece) => 'capture' in piece && piece.capture !== undefined);
  if (named && 'capture' in named) {
    throw badRequest(`named captures are not allowed: found '<${named.capture}>'`);
  }
  return { pieces, test: (bytes, start, end) => testPieces(pieces, bytes.subarray(start, end)) };
}

/** Loki, pkg/logql/log/pattern/pattern.go: the first literal may start anywhere, later ones not right behind the one before. */
function testPieces(pieces: PatternPiece[], line: Buffer): boolean {
  if (pieces.length === 0 || line.length === 0) {
    return pieces.length === 0 && line.length === 0;
  }
  let at = 0;
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i];
    if ('capture' in piece) {
      continue;
    }
    const found = line.indexOf(piece.literal, at);
    if (found < 0 || (i > 0 && found === at)) {
      return false;
    }
    at = found + piece.literal.length;
  }
  return 'capture' in pieces[pieces.length - 1] === at < line.length;
}

/** The pattern of the parser: named captures, found one after the other. */
export interface ParserPattern {
  /** Names of the captures in order. */
  readonly names: string[];
  /** Fills `starts` and `ends` with the captures of bytes `[start, end)`; answers how many were found. */
  match(bytes: Buffer, start: number, end: number, starts: number[], ends: number[]): number;
}

export function parseParserPattern(pattern: string): ParserPattern {
  const pieces = parsePieces(pattern);
  const names = pieces.flatMap((piece) => ('capture' in piece && piece.capture !== undefined ? [piece.capture] : []));
  if (names.length === 0) {
    throw badRequest('at least one capture is required');
  }
  refuseNeighbours(pieces, pattern);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw badRequest(`duplicate capture name (${repeated}): invalid expression`);
  }
  return { names, match: (bytes, start, end, starts, ends) => matchPieces(pieces, bytes, start, end, starts, ends) };
}

function matchPieces(pieces: PatternPiece[], bytes: Buffer, start: number, end: number, starts: number[], ends: number[]): number {
  let at = start;
  let i = 0;
  let count = 0;
  const first = pieces[0];
  if (start === end) {
    return 0;
  }
  if ('literal' in first) {
    if (end - start < first.literal.length || !sameBytes(bytes, start, first.literal)) {
      return 0;
    }
    at = start + first.literal.length;
    i = 1;
  }
  for (; i < pieces.length; i += 2) {
    const capture = pieces[i] as { capture: string | undefined };
    const literal = pieces[i + 1] as { literal: Buffer } | undefined;
    const found = literal ? find(bytes, literal.literal, at, end) : -1;
    if (capture.capture !== undefined) {
      starts[count] = at;
      ends[count++] = found < 0 ? end : found;
    }
    if (found < 0 || !literal) {
      return count;
    }
    at = found + literal.literal.length;
  }
  return count;
}

/** Captures are short: as far as this a loop finds their end sooner than a call into the Buffer does. */
const nearBytes = 64;

/** Where the literal stands in bytes `[at, end)`, or -1. */
function find(bytes: Buffer, literal: Buffer, at: number, end: number): number {
  const first = literal[0];
  const last = end - literal.length;
  const near = Math.min(last + 1, at + nearBytes);
  for (let i = at; i < near; i++) {
    if (bytes[i] === first && sameBytes(bytes, i, literal)) {
      return i;
    }
  }
  if (near > last) {
    return -1;
  }
  const found = bytes.subarray(near, end).indexOf(literal);
  return found < 0 ? -1 : near + found;
}

function sameBytes(bytes: Buffer, at: number, literal: Buffer): boolean {
  for (let i = 0; i < literal.length; i++) {
    if (bytes[at + i] !== literal[i]) {
      return false;
    }
  }
  return true;
}
