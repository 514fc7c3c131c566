import type { Entry } from '../entry';
import { StageConfig, textList } from './decode';
import { goJsonText } from './goJson';
import type { StageReader } from './pipeline';
import { valueText } from './values';

/** `pack`: the line and named labels become one JSON object, from which LogQL's `unpack` gets them back. */
export const packStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, false);
  const names = textList(config.raw('labels'));
  const ingestTimestamp = config.bool('ingest_timestamp') ?? true;
  return (context) => ({
    run(entry, next) {
      entry.line = packed(entry, names);
      for (const name of names) {
        entry.labels = entry.labels.without(name);
      }
      if (ingestTimestamp) {
        entry.tsNs = BigInt(Math.trunc(context.nowMs())) * 1_000_000n + (entry.tsNs % 1_000_000n);
      }
      next(entry);
    },
  });
};

/** Extracted values win over labels of the same name. */
function packed(entry: Entry, names: readonly string[]): string {
  const values = new Map<string, string>();
  for (const name of names) {
    const value = valueText(entry.extracted.get(name)) ?? entry.labels.get(name);
    if (value !== undefined) {
      values.set(name, value);
    }
  }
  const pairs = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${[...pairs, ['_entry', entry.line] as const].map(([name, value]) => `${goJsonText(name)}:${goJsonText(value)}`).join(',')}}`;
}
