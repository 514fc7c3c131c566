import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { isPattern, matcher } from './glob';

/** What keeps a pattern from meaning a file, where the directories on its way are the reason, in words. */
export function obstacleOf(pattern: string): string | undefined {
  const absolute = path.resolve(pattern);
  let fixed = path.dirname(absolute);
  while (isPattern(fixed)) {
    fixed = path.dirname(fixed);
  }
  let at = '/';
  try {
    for (const part of fixed.split('/')) {
      at = path.join(at, part);
      if (!statSync(at).isDirectory()) {
        return `${at} is no directory`;
      }
    }
    if (!isPattern(absolute)) {
      return undefined;
    }
    readdirSync(fixed);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? `there is no directory ${at}` : code === 'EACCES' ? notEntered([at]) : message;
  }
  const closed = closedBehind(fixed, absolute.slice(fixed.length).replace(/^\//, ''));
  return closed.length === 0 ? undefined : notEntered(closed);
}

/** Directories that are named in a message. */
const namedMax = 3;

function notEntered(directories: string[]): string {
  const [named, more] = [directories.slice(0, namedMax), directories.length - namedMax];
  return `this user may not enter the ${directories.length === 1 ? 'directory' : 'directories'} ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Directories looked into for a message: in a large tree those that are closed are among the first, or are not worth the time. */
const lookedIntoMax = 1_000;

/** Directories on the way of a pattern's wildcards that may not be listed. */
function closedBehind(fixed: string, wild: string): string[] {
  const closed: string[] = [];
  const waiting = [{ directory: fixed, parts: wild.split('/') }];
  // braces around slashes are no parts that could be walked one by one
  for (let looked = 0; looked < lookedIntoMax && waiting.length > 0 && !/\{[^}]*\//.test(wild); looked++) {
    const { directory, parts: [part, ...rest] } = waiting.shift() as (typeof waiting)[0];
    const isTree = part === '**';
    const matches = isTree ? () => true : matcher(part);
    try {
      const entries = readdirSync(directory, { withFileTypes: true });
      if (isTree || rest.length > 0) {
        const inside = entries.filter((entry) => matches(entry.name) && (entry.isDirectory() || (!isTree && entry.isSymbolicLink())));
        waiting.push(...inside.map(({ name }) => ({ directory: path.join(directory, name), parts: isTree ? [part] : rest })));
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') {
        closed.push(directory);
      }
    }
  }
  return closed;
}
