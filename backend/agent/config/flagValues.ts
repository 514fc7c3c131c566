import { isMap, type YamlMap, type YamlValue } from './yaml';

/** A flag that was given, as the value it stands for in the file. */
export interface FlagValue {
  /** Keys from the top, e.g. `server`, `http_listen_port`. */
  path: readonly string[];
  value: YamlValue;
}

/** The configuration with the flags written into it: as in Promtail a flag goes before the file. */
export function layOver(config: YamlValue, flags: readonly FlagValue[]): YamlValue {
  return flags.reduce((laid, { path, value }) => withValue(laid, path, value), config);
}

/** A copy on the way: one map may stand in several places, by an alias. What is no map is left for the reader to refuse. */
function withValue(at: YamlValue, [key, ...rest]: readonly string[], value: YamlValue): YamlValue {
  if (at !== null && !isMap(at)) {
    return at;
  }
  const map: YamlMap = new Map(at);
  map.set(key, rest.length === 0 ? value : withValue(map.get(key) ?? null, rest, value));
  return map;
}
