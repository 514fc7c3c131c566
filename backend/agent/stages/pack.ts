import type { Entry } from '../entry';
import { StageConfig, textList } from './decode';
import { goJsonText } from './goJson';
import type { StageReader } from './pipeline';
import { valueText } from './values';

/** `pack`: the line and named extracted values become one JSON object, from which LogQL's `unpack` gets them back; labels of these names go. */
export const packStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, false);
  const names = textList(config.raw('labels'));
  const ingestTimestamp = config.bool('ingest_timestamp') ?? true;
  return (context) => ({
    run(entry, next) {
      const values = valuesOf(entry, names);
      entry.line = `{${[...values, ['_entry', entry.line] as const].map(([name, value]) => `${goJsonText(name)}:${goJsonText(value)}`).join(',')}}`;
      for (const [name] of values) {
        entry.labels = entry.labels.without(name);
      }
      if (ingestTimestamp) {
        entry.tsNs = BigInt(Math.trunc(context.nowMs())) * 1_000_000n + (entry.tsNs % 1_000_000n);
      }
      next(entry);
    },
  });
};

/** Pairs in the order of their names. Labels that only a stage set are no extracted values. */
function valuesOf(entry: Entry, names: readonly string[]): Array<readonly [string, string]> {
  return [...new Set(names)].sort().flatMap((name) => {
    const value = valueText(entry.extracted.get(name));
    return value === undefined ? [] : [[name, value] as const];
  });
}
