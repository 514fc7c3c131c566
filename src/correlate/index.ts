/** The public names of the join between logs and metrics. Pure; runs in the browser and in Node. */
export { escapeRegex, findLabelMap, scoreMinDefault, valuesMax, type LabelSet, type MapOptions, type ProposedPair } from './map';
export { formOf, type LabelPair, type Rule, type Side } from './rules';
export { exportAbstract, fromAbstract, importAbstract, matchersOf, selectorText, toAbstract, toLogMatchers, toMetricMatchers, type AbstractQuery, type ApplyOptions, type Carried, type LabelMatcher } from './apply';
export { kindOf, metricQuery, offerMetrics, type MetricInfo, type MetricKind, type OfferedMetric } from './metrics';
export { lagStepsDefault, pointsMin, rankSeries, type Ranked, type Ranking, type RankOptions, type RankSeries, type RankTarget } from './rank';
export { agreement, agreementSize, durationText, seriesName } from './reason';
