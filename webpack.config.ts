import type { Configuration, RuleSetRule } from 'webpack';
import grafanaConfig, { type Env } from './.config/webpack/webpack.config.ts';

/** Browsers that Grafana 10.1 supports have all of this; ES2015 would write Unicode classes out as tables of 100 KB. */
const target = 'es2020';

/** Grafana's own build, kept as a file of its own so that `.config/` stays untouched; only the language level differs. */
const config = async (env: Env): Promise<Configuration> => {
  const base = await grafanaConfig(env);
  for (const rule of (base.module?.rules ?? []) as RuleSetRule[]) {
    const use = rule.use as { loader?: string; options?: { jsc?: { target?: string } } } | undefined;
    if (use?.loader === 'swc-loader' && use.options?.jsc) {
      use.options.jsc.target = target;
    }
  }
  // The language and the correlation only define things: what a chunk does not use of them, it need not carry.
  base.module?.rules?.push({ test: /src[\\/](logql|correlate|levels|query|frames)[\\/]/, sideEffects: false });
  for (const plugin of base.plugins ?? []) {
    const patterns = (plugin as { patterns?: Array<{ from?: string; globOptions?: { ignore: string[] } }> }).patterns ?? [];
    for (const pattern of patterns.filter(({ from }) => from?.endsWith('.json'))) {
      // Answers recorded for tests are JSON as well and not part of the plugin; texts of a language come as a chunk, when they are wanted.
      pattern.globOptions = { ignore: ['**/testdata/**', '**/locales/**'] };
    }
  }
  return base;
};

export default config;
