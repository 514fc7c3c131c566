import { levelOfLine, type Level } from '../../src/levels/levels';
import type { WireStream } from '../../src/wire';
import { formatRfc3339Ns } from '../model/time';

/** How entries of a log query are printed. */

export interface PrintedEntry {
  tsNs: bigint;
  line: string;
  labels: Record<string, string>;
}

export type EntryFormat = 'default' | 'raw' | 'jsonl' | 'table';

const colours: Record<Level, string> = {
  unknown: '', trace: '\x1b[90m', debug: '\x1b[34m', info: '\x1b[32m', warn: '\x1b[33m', error: '\x1b[31m', critical: '\x1b[1;31m',
};

/** Makes lines of text from entries. `common` are the labels every entry has: they are said once, not on every line. */
export function entryPrinter(format: EntryFormat, colour: boolean, common: ReadonlySet<string>): (entry: PrintedEntry) => string {
  switch (format) {
    case 'raw':
      return ({ line }) => line;
    case 'jsonl':
      return ({ tsNs, line, labels }) => JSON.stringify({ labels, line, timestamp: formatRfc3339Ns(tsNs) });
    case 'table':
      return ({ tsNs, line, labels }) => [formatRfc3339Ns(tsNs).padEnd(30), tint(line, (labels.detected_level ?? '').padEnd(8), colour), varying(labels, common), line].join('  ');
    case 'default':
      return ({ tsNs, line, labels }) => `${tint(line, formatRfc3339Ns(tsNs), colour)} ${varying(labels, common)} ${line}`;
  }
}

function tint(line: string, text: string, colour: boolean): string {
  const code = colour ? colours[levelOfLine(line)] : '';
  return code === '' ? text : `${code}${text}\x1b[0m`;
}

function varying(labels: Record<string, string>, common: ReadonlySet<string>): string {
  return labelText(Object.fromEntries(Object.entries(labels).filter(([name]) => !common.has(name))));
}

export function labelText(labels: Record<string, string>): string {
  return `{${Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
}

/** Names of the labels that all sets share with the same value. */
export function commonLabels(sets: Array<Record<string, string>>): Set<string> {
  const [first, ...others] = sets;
  return new Set(Object.keys(first ?? {}).filter((name) => others.every((labels) => labels[name] === first[name])));
}

/** Entries of all streams by time. */
export function merged(streams: WireStream[], forward: boolean): PrintedEntry[] {
  const sign = forward ? 1 : -1;
  return streams
    .flatMap(({ stream, values }) => values.map(([ns, line]) => ({ tsNs: BigInt(ns), line, labels: stream })))
    .sort((a, b) => (a.tsNs < b.tsNs ? -sign : a.tsNs > b.tsNs ? sign : 0));
}
