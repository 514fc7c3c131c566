import type { EditorMode } from '../query/model';

let last: EditorMode = 'code';

/** The way new queries are written: as the last one was, until the page is left. Plugins of the catalogue keep nothing in the browser. */
export function rememberedMode(): EditorMode {
  return last;
}

export function rememberMode(mode: EditorMode): void {
  last = mode;
}
