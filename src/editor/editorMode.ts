import type { EditorMode } from '../query/model';

/** Under this key the browser keeps how somebody wrote the last query. */
const key = 'binocle.editorMode';
const known: readonly string[] = ['simple', 'builder', 'code'] satisfies EditorMode[];

/** The way new queries are written: as the last one was. */
export function rememberedMode(): EditorMode {
  try {
    const kept = localStorage.getItem(key);
    return kept !== null && known.includes(kept) ? (kept as EditorMode) : 'code';
  } catch {
    return 'code'; // A browser that keeps nothing, as some do in private windows.
  }
}

export function rememberMode(mode: EditorMode): void {
  try {
    localStorage.setItem(key, mode);
  } catch {
    // As above: then the next query begins as code.
  }
}
