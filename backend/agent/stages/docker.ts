import type { YamlValue } from '../config/yaml';
import { jsonStage } from './json';
import { labelsStage } from './labels';
import { outputStage } from './output';
import { type NamedPlan, Pipeline, type StageReader } from './pipeline';
import { timestampStage } from './timestamp';

/** Stages that make up another one, with their configurations. */
export function composed(parts: ReadonlyArray<readonly [string, StageReader, YamlValue]>): NamedPlan[] {
  return parts.map(([name, reader, config]) => ({ name, plan: reader(config) }));
}

/** `docker`: lines of Docker's json-file log: text, time and the label `stream`. */
export const dockerStage: StageReader = () => {
  const plans = composed([
    ['json', jsonStage, new Map<YamlValue, YamlValue>([['expressions', new Map([['output', 'log'], ['stream', 'stream'], ['timestamp', 'time']])]])],
    ['labels', labelsStage, new Map([['stream', null]])],
    ['timestamp', timestampStage, new Map([['source', 'timestamp'], ['format', 'RFC3339Nano']])],
    ['output', outputStage, new Map([['source', 'output']])],
  ]);
  return (context, next) => {
    const inner = new Pipeline(plans, { ...context, inspect: undefined });
    return { run: (entry) => inner.process(entry, next) };
  };
};
