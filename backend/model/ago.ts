import { parsePrometheusDuration } from '../../src/logql/units';

/** How long before now `now`, `now-2h`, `-2h` and `2h` are, in nanoseconds; undefined for other texts. */
export function agoNs(text: string): bigint | undefined {
  const duration = parsePrometheusDuration(text === 'now' ? '0' : text.replace(/^(?:now)?-/, ''));
  return duration.ok ? BigInt(duration.value) : undefined;
}
