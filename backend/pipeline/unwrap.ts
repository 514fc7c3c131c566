import type { Unwrap } from '../../src/logql/ast';
import { parseGoFloat } from '../text/goNumber';
import { byteCount, durationSeconds, labelTest } from './labelFilter';
import type { BuildContext } from './step';

export const sampleExtractionError = 'SampleExtractionErr';

/** Takes the sample of an entry; undefined when it has none. A value that does not convert sets the error of the entry. */
export type Sampler = () => number | undefined;

const conversions = { bytes: byteCount, duration: durationSeconds, duration_seconds: durationSeconds };

/** Loki, pkg/logql/log/metrics_extraction.go: the filters behind `unwrap` run after the conversion and see its error. */
export function buildUnwrap(unwrap: Unwrap, context: BuildContext): Sampler {
  const { labels } = context;
  const number = labels.names.number(unwrap.label);
  const convert = unwrap.conversion ? conversions[unwrap.conversion] : parseGoFloat;
  const tests = unwrap.filters.map((filter) => labelTest(filter, context));
  return () => {
    const text = labels.get(number);
    if (text === undefined || text === '') {
      return undefined;
    }
    const { value, error } = convert(text);
    if (error !== undefined) {
      labels.setError(sampleExtractionError, error);
    }
    for (const test of tests) {
      if (!test(labels)) {
        return undefined;
      }
    }
    return value;
  };
}
