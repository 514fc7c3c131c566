import { ConfigError } from '../config/yaml';
import { StageConfig } from './decode';
import type { StageReader } from './pipeline';

/** `geoip` needs a MaxMind database reader, which this agent does not have: it says so instead of sending lines without their labels. */
export const geoipStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, false);
  if (!config.text('db')) {
    throw new ConfigError('db path cannot be empty');
  }
  throw new ConfigError('this agent cannot look up addresses in a GeoIP database; remove the stage');
};
