import type { Labels } from '../model/labels';
import { labelsKey } from './grouping';

/** The labels of an entry by where they came from. */
export interface EntrySet {
  stream: Labels;
  structured: Labels;
  parsed: Labels;
  all: Labels;
}

/** What result streams are told apart by: equal labels may still differ in where they came from. */
export function entrySetKey({ all, structured, parsed }: EntrySet): string {
  return `${labelsKey(all)}\n${[...structured.keys()].join()}\n${[...parsed.keys()].join()}`;
}
