import type { Source } from './source';

/** How the bytes of a found value become text. */
export type ValueKind = 0 | 1 | 2 | 3 | 4;
/** ASCII without escapes. */
export const plainValue = 0;
/** UTF-8 without escapes; bytes that can't be read become spaces. */
export const textValue = 1;
/** The inside of a JSON string with escapes. */
export const jsonEscapedValue = 2;
/** A logfmt value in quotes (the quotes belong to the range) with escapes. */
export const logfmtQuotedValue = 3;

/** UTF-8 without escapes, where bytes that can't be read are shown as such: what a pattern finds. */
export const rawValue = 4;

/** Takes what a parser finds, as ranges; nothing is decoded before somebody asks. A later value of one field replaces an earlier one. */
export interface FieldSink {
  /** False: nothing more is wanted of this line. */
  found(field: number, source: Source, start: number, end: number, kind: ValueKind): boolean;
}

/** No field of this name is wanted. */
export const unwanted = -1;

/** Gives a label name its number, or `unwanted`. */
export type FieldNumber = (labelName: string) => number;

/** Names longer than this are left out: nested keys of a hostile line multiply otherwise. */
export const labelNameLengthMax = 4_096;

/** Distinct field names a parser remembers before it starts over, so that hostile lines can't fill the memory. */
export const fieldNamesMax = 20_000;
