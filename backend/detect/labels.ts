import type { DetectedLabelsResponse } from '../../src/wire';
import type { Labels } from '../model/labels';
import { parseGoFloat } from '../text/goNumber';

/** Labels worth offering as a filter (Loki, pkg/querier/querier.go DetectedLabels). */

/** Always kept, whatever their values look like. */
const staticLabels = new Set(['cluster', 'namespace', 'instance', 'pod']);
const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Label names of these streams with how many values each has; names whose values are all numbers or UUIDs are left out. */
export function detectLabels(series: Iterable<Labels>): NonNullable<DetectedLabelsResponse['detectedLabels']> {
  const values = new Map<string, Set<string>>();
  for (const labels of series) {
    for (const [name, value] of labels) {
      const known = values.get(name) ?? new Set();
      values.set(name, known.add(value));
    }
  }
  return [...values]
    .filter(([name, known]) => staticLabels.has(name) || [...known].some((value) => !uuid.test(value) && parseGoFloat(value).error !== undefined))
    .map(([label, known]) => ({ label, cardinality: known.size }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}
