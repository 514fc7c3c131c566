import { readFileSync, type Stats, statSync } from 'node:fs';
import { parseDocument, stringify } from 'yaml';
import { ConfigError } from '../config/yaml';
import { writeAside } from './writeAside';

/**
 * Promtail's positions file: `positions:` and below it a map from path to offset, both text. Journal and Docker targets keep cursors under
 * names that begin with `cursor-` or `journal-`.
 */
export function readPromtailPositions(file: string, ignoreInvalid: boolean, warn: (message: string) => void): Map<string, string> {
  refuseOther(file, statSync(file, { throwIfNoEntry: false }));
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return new Map();
    }
    throw new Error(`cannot read positions file ${file}: ${(error as Error).message}`, { cause: error });
  }
  try {
    return parsePositions(text);
  } catch (error) {
    const message = `invalid yaml positions file [${file}]: ${(error as Error).message}`;
    if (!ignoreInvalid) {
      throw new Error(message, { cause: error });
    }
    warn(`${message}; starting without positions`);
    return new Map();
  }
}

/** A pipe would be waited for, a device read for ever, and either replaced by a file at the first sync: as root /dev/null would be gone. */
function refuseOther(file: string, stats: Stats | undefined): void {
  if (stats && !stats.isFile()) {
    const what = stats.isDirectory() ? 'a directory' : stats.isFIFO() ? 'a named pipe' : stats.isSocket() ? 'a socket' : 'a device';
    throw new ConfigError(`positions.filename: ${file} is ${what}; positions are kept in a file`);
  }
}

function parsePositions(text: string): Map<string, string> {
  // Scalars keep their text: an offset above 2^53 must not become a rounded number.
  const document = parseDocument(text, { schema: 'failsafe' });
  if (document.errors.length > 0) {
    throw document.errors[0];
  }
  const root: unknown = document.toJS({ mapAsMap: true });
  if (root === null || root === undefined || root === '') {
    return new Map();
  }
  if (!(root instanceof Map)) {
    throw new Error('a map with the key `positions` is expected');
  }
  for (const key of root.keys()) {
    if (key !== 'positions') {
      throw new Error(`field ${String(key)} not found in type positions.File`);
    }
  }
  const positions: unknown = root.get('positions') ?? new Map();
  if (positions === '') {
    return new Map();
  }
  if (!(positions instanceof Map) || [...positions.values()].some((value) => typeof value !== 'string')) {
    throw new Error('`positions` must be a map from path to offset');
  }
  return positions as Map<string, string>;
}

export function writePromtailPositions(file: string, positions: ReadonlyMap<string, string>): void {
  const sorted = Object.fromEntries([...positions].sort(([a], [b]) => (a < b ? -1 : 1)));
  // yaml 1.1 quotes what a reader of that version would take for a number, as Promtail does.
  writeAside(file, positions.size === 0 ? 'positions: {}\n' : stringify({ positions: sorted }, { version: '1.1', lineWidth: 0 }));
}

/** A cursor rather than the path of a file. */
export function isCursor(key: string): boolean {
  return key.startsWith('cursor-') || key.startsWith('journal-');
}

/** Forgets files that are gone, as Promtail does at each sync. */
export function dropVanished(positions: Map<string, string>): void {
  for (const key of positions.keys()) {
    if (!isCursor(key) && statSync(key, { throwIfNoEntry: false }) === undefined) {
      positions.delete(key);
    }
  }
}
