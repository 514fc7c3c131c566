import type { YamlValue } from '../config/yaml';
import { criStage } from './cri';
import { decolorizeStage } from './decolorize';
import { dockerStage } from './docker';
import { dropStage } from './drop';
import { eventLogMessageStage } from './eventLogMessage';
import { geoipStage } from './geoip';
import { jsonStage } from './json';
import { labelAllowStage, labelDropStage, labelsStage, staticLabelsStage } from './labels';
import { limitStage } from './limit';
import { logfmtStage } from './logfmt';
import { matchStage } from './match';
import { metricsStage } from './metrics';
import { multilineStage } from './multiline';
import { outputStage } from './output';
import { packStage } from './pack';
import { type NamedPlan, readStages, type StageReader } from './pipeline';
import { regexStage } from './regex';
import { replaceStage } from './replace';
import { samplingStage } from './sampling';
import { structuredMetadataStage } from './structuredMetadata';
import { templateStage } from './template';
import { tenantStage } from './tenant';
import { timestampStage } from './timestamp';

/** Every stage by the name it has in `pipeline_stages`. */
const readers: ReadonlyMap<string, StageReader> = new Map<string, StageReader>([
  ['cri', criStage],
  ['decolorize', decolorizeStage],
  ['docker', dockerStage],
  ['drop', dropStage],
  ['eventlogmessage', eventLogMessageStage],
  ['geoip', geoipStage],
  ['json', jsonStage],
  ['labelallow', labelAllowStage],
  ['labeldrop', labelDropStage],
  ['labels', labelsStage],
  ['limit', limitStage],
  ['logfmt', logfmtStage],
  ['match', matchStage(planStages)],
  ['metrics', metricsStage],
  ['multiline', multilineStage],
  ['non_indexed_labels', structuredMetadataStage],
  ['output', outputStage],
  ['pack', packStage],
  ['regex', regexStage],
  ['replace', replaceStage],
  ['sampling', samplingStage],
  ['static_labels', staticLabelsStage],
  ['structured_metadata', structuredMetadataStage],
  ['template', templateStage],
  ['tenant', tenantStage],
  ['timestamp', timestampStage],
]);

/** Reads and checks the stages of every scrape configuration. Throws a ConfigError that names the place. */
export function planScrapes(scrapes: ReadonlyArray<{ stages: YamlValue }>): NamedPlan[][] {
  return scrapes.map(({ stages }, i) => planStages(stages, `scrape_configs[${i}].pipeline_stages`));
}

/** Reads and checks a list of stages that stands at `path`. Throws a ConfigError that names the stage. */
export function planStages(list: YamlValue, path = 'pipeline_stages'): NamedPlan[] {
  return readStages(list, readers, path);
}
