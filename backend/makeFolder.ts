import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a folder and those above it. Node's own way asks for ever where a file system refuses new folders with ENOENT, as /proc and
 * automounters do, and then not even Ctrl+C ends it.
 */
export function makeFolder(dir: string): void {
  try {
    mkdirSync(dir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(dir).isDirectory()) {
      return;
    }
    const above = path.dirname(dir);
    if (code !== 'ENOENT' || above === dir) {
      throw error;
    }
    makeFolder(above);
    mkdirSync(dir);
  }
}
