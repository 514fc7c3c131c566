import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The file of a worker thread. In the bundle it lies beside the running file; when the sources run directly (tests) it is
 * taken from `backend/dist`, which `npm test` builds first.
 */
export function threadFile(name: 'reader' | 'writer'): string {
  const beside = path.join(__dirname, `${name}.js`);
  return existsSync(beside) ? beside : path.join(__dirname, '..', 'dist', `${name}.js`);
}
