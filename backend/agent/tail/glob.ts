import { type Dirent, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import picomatch from 'picomatch';
import { globSync } from 'tinyglobby';

/**
 * Files that a `__path__` means, as absolute paths: doublestar's `*`, `?`, `[a-z]`, `{a,b}` and `**`; a star matches hidden names, a pattern
 * that is the name of an existing file means that file.
 */
export function filesOf(pattern: string, exclude: string | undefined): string[] {
  const absolute = path.resolve(pattern);
  const excluded = exclude === undefined ? () => false : matcher(path.resolve(exclude));
  const files = isFile(absolute) ? [absolute] : isPattern(absolute) ? expand(absolute) : [];
  return files.filter((file) => !excluded(file));
}

/** The directory whose change time tells whether the files of a pattern may have changed; undefined when there are several. */
export function directoryOf(pattern: string): string | undefined {
  const absolute = path.resolve(pattern);
  const directory = path.dirname(absolute);
  return isPattern(directory) || isWholeTree(absolute) ? undefined : directory;
}

const isWholeTree = (pattern: string): boolean => pattern.endsWith('/**');

export const isPattern = (text: string): boolean => /[*?[{]/.test(text);

function isFile(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    // A directory on the way is a file, or is not ours to enter.
    return false;
  }
}

export function matcher(pattern: string): (file: string) => boolean {
  return picomatch(inOurTerms(pattern), matchOptions);
}

/** doublestar writes a class of other characters as `[!a]` too. */
const inOurTerms = (pattern: string): string => pattern.replace(/(?<!\\)\[!/g, '[^');

/** `(a|b)`, `+(a)` and the like are ordinary characters for doublestar. */
const matchOptions = { dot: true, noextglob: true, nobrace: false, posix: false, nonegate: true };

function expand(written: string): string[] {
  const pattern = inOurTerms(written);
  const slash = pattern.lastIndexOf('/');
  const directory = pattern.slice(0, slash) || '/';
  if (isPattern(directory) || isWholeTree(pattern)) {
    return globSync(pattern, { dot: true, absolute: true, onlyFiles: true, followSymbolicLinks: true, expandDirectories: false, extglob: false }).sort();
  }
  // The usual case, a star in the last part: one directory to list, and not the tree below it.
  const matches = matcher(pattern.slice(slash + 1));
  return listed(directory)
    .filter((entry) => matches(entry.name) && (entry.isFile() || (entry.isSymbolicLink() && isFile(path.join(directory, entry.name)))))
    .map((entry) => path.join(directory, entry.name))
    .sort();
}

/** With the kind of each entry, which saves looking at ten thousand of them one by one. */
function listed(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    // Not there yet, or not ours to read: as empty as a pattern without matches; it is listed again at the next sync.
    return [];
  }
}
