import type { Configuration } from 'webpack';
import grafanaConfig, { type Env } from './.config/webpack/webpack.config.ts';

/** Grafana's own build; kept as a file of its own so that `.config/` stays untouched. */
const config = async (env: Env): Promise<Configuration> => grafanaConfig(env);

export default config;
