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
  if (pieces.some((piece) => 'capture' in piece && piece.capture !== undefined)) {
    throw badRequest('named captures are not allowed');
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
  const line = bytes.subarray(start, end);
  let at = 0;
  let i = 0;
  let count = 0;
  const first = pieces[0];
  if (line.length === 0) {
    return 0;
  }
  if ('literal' in first) {
    if (!startsWith(line, first.literal)) {
      return 0;
    }
    at = first.literal.length;
    i = 1;
  }
  for (; i < pieces.length; i += 2) {
    const capture = pieces[i] as { capture: string | undefined };
    const literal = pieces[i + 1] as { literal: Buffer } | undefined;
    const found = literal ? line.indexOf(literal.literal, at) : -1;
    if (capture.capture !== undefined) {
      starts[count] = start + at;
      ends[count++] = found < 0 ? end : start + found;
    }
    if (found < 0 || !literal) {
      return count;
    }
    at = found + literal.literal.length;
  }
  return count;
}

function startsWith(line: Buffer, prefix: Buffer): boolean {
  return line.length >= prefix.length && line.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}
