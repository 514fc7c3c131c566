import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../makeFolder';
import type { Section } from './section';

/** Our folder inside one that a Loki may use as well. */
const ownFolder = 'binocle';

/** The folders a Loki file names, in the order in which they are tried. */
function namedFolders(root: Section): string[] {
  const storage = root.section('storage_config');
  const common = root.section('common');
  return [
    storage.section('boltdb').text('directory'),
    storage.section('filesystem').text('directory'),
    storage.section('boltdb_shipper').text('active_index_directory'),
    storage.section('tsdb_shipper').text('active_index_directory'),
    common.text('path_prefix'),
    common.section('storage').section('filesystem').text('chunks_directory'),
  ].filter((folder): folder is string => folder !== undefined && folder !== '');
}

/** Where data goes: where it was said, else the first folder of the file that can be made and written, else `otherwise`. */
export function chooseDataDir(root: Section, said: string | undefined, otherwise: string): string {
  const folders = namedFolders(root);
  if (said !== undefined) {
    return said;
  }
  for (const folder of folders) {
    const dir = path.join(folder, ownFolder);
    try {
      makeFolder(dir);
      accessSync(dir, constants.W_OK);
      return dir;
    } catch {
      // Not this one: the next may do, and when none does the default says where the data is.
      continue;
    }
  }
  return otherwise;
}
