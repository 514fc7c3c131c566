import type { Entry } from '../entry';
import type { StageContext } from './pipeline';

/** Shows what a stage changed, as `-inspect` of Promtail does: old values with a minus, new ones with a plus. */
export function inspectTo(out: { write(text: string): void }): NonNullable<StageContext['inspect']> {
  return (stage, before, after) => {
    const changes = after ? changesOf(before, after) : ['dropped'];
    out.write(`[inspect: ${stage} stage]: ${changes.length === 0 ? 'none\n' : `\n${changes.map((change) => `${change}\n`).join('')}`}`);
  };
}

function changesOf(before: Entry, after: Entry): string[] {
  const changes: string[] = [];
  const note = (what: string, old: unknown, now: unknown) => {
    if (old !== now) {
      changes.push(`{stages.Entry}.${what}:${old === undefined ? '' : `\n\t-: ${shown(old)}`}${now === undefined ? '' : `\n\t+: ${shown(now)}`}`);
    }
  };
  for (const name of new Set([...before.extracted.keys(), ...after.extracted.keys()])) {
    note(`Extracted[${JSON.stringify(name)}]`, before.extracted.get(name), after.extracted.get(name));
  }
  note('Entry.Labels', before.labels.text, after.labels.text);
  note('Entry.Entry.Timestamp', before.tsNs, after.tsNs);
  note('Entry.Entry.Line', before.line, after.line);
  note('Entry.Entry.StructuredMetadata', metadataText(before), metadataText(after));
  return changes;
}

function metadataText(entry: Entry): string | undefined {
  return entry.metadata && JSON.stringify(entry.metadata);
}

function shown(value: unknown): string {
  return typeof value === 'bigint' ? new Date(Number(value / 1_000_000n)).toISOString() : String(value);
}
