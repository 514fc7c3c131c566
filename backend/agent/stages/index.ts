import type { YamlValue } from '../config/yaml';
import { type NamedPlan, readStages, type StageReader } from './pipeline';

/** Every stage by the name it has in `pipeline_stages`. */
const readers: ReadonlyMap<string, StageReader> = new Map();

/** Reads and checks `pipeline_stages`. Throws a ConfigError that names the stage. */
export function planStages(list: YamlValue): NamedPlan[] {
  return readStages(list, readers);
}
