import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';

/** Replaces a file at once: readers see the old or the new content, never a part, also after a crash. */
export function writeAside(file: string, content: string | Uint8Array): void {
  const aside = `${file}.new`;
  const fd = openSync(aside, 'w', 0o600);
  try {
    writeSync(fd, content as string);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(aside, file);
}
