import type { Unwrap } from '../../src/logql/ast';
import { byteCount, durationSeconds, labelTest, plainNumber } from './labelFilter';
import type { BuildContext } from './step';

export const sampleExtractionError = 'SampleExtractionErr';

/** Takes the sample of an entry; undefined when it has none. A value that does not convert sets the error of the entry. */
export type Sampler = () => number | undefined;

const conversions = { bytes: byteCount, duration: durationSeconds, duration_seconds: durationSeconds };

/** Loki, pkg/logql/log/metrics_extraction.go: the filters behind `unwrap` run after the conversion and see its error. */
export function buildUnwrap(unwrap: Unwrap, context: BuildContext): Sampler {
  const { labels } = context;
  const number = labels.names.number(unwrap.label);
  const conversion = unwrap.conversion ? conversions[unwrap.conversion] : plainNumber;
  const tests = unwrap.filters.map((filter) => labelTest(filter, context));
  return () => {
    let sample = labels.numberIn(number, conversion.ofBytes);
    if (Number.isNaN(sample)) {
      const text = labels.get(number);
      if (text === undefined || text === '') {
        return undefined;
      }
      const { value, error } = conversion.ofText(text);
      if (error !== undefined) {
        labels.setError(sampleExtractionError, error);
      }
      sample = value;
    }
    for (const test of tests) {
      if (!test(labels)) {
        return undefined;
      }
    }
    return sample;
  };
}
