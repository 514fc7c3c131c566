import { textOfBytes } from '../bytes';
import type { Entry } from '../entry';
import type { LabelSet } from '../labelSet';
import type { EntrySink } from './client';

/** `-dry-run`: shows entries as Promtail does: time, labels, line. */
export class DryRun implements EntrySink {
  readonly name = 'dry run';
  readonly full = false;

  constructor(private readonly out: { write(text: string): void }) {}

  addBytes(labels: LabelSet, seconds: number, nanos: number, source: Buffer, start: number, end: number): void {
    this.show(labels, BigInt(seconds) * 1_000_000_000n + BigInt(nanos), textOfBytes(source, start, end));
  }

  add(entry: Entry): void {
    this.show(entry.labels, entry.tsNs, entry.line);
  }

  async stop(): Promise<void> {
    // Everything was shown at once.
  }

  private show(labels: LabelSet, tsNs: bigint, line: string): void {
    this.out.write(`${cell(goTimeText(tsNs))}${cell(labels.text)}${line}\n`);
  }
}

/** Promtail aligns columns to tab stops of 8, and writes no tab behind a text that ends on one. */
function cell(text: string): string {
  return text.length % 8 === 0 ? text : `${text}\t`;
}

/** `2006-01-02T15:04:05.999999999+0000`. */
function goTimeText(tsNs: bigint): string {
  const seconds = tsNs / 1_000_000_000n;
  const fraction = String(tsNs % 1_000_000_000n).padStart(9, '0').replace(/0+$/, '');
  const text = new Date(Number(seconds) * 1_000).toISOString().slice(0, 19);
  return `${text}${fraction === '' ? '' : `.${fraction}`}+0000`;
}
