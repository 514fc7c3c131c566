import { corpusNs, corpusStartNs, needle, wholeTraceId } from './corpus';

/** One question of the benchmark, as a client asks it over HTTP. */
export interface BenchQuery {
  name: string;
  path: string;
  params: Record<string, string>;
  /** Milliseconds that are good. */
  goalMs: number;
  /** Throws when the answer is empty or wrong. */
  verify(data: { result: Array<{ values: unknown[] }> }): void;
}

const range = { start: String(corpusStartNs), end: String(corpusStartNs + corpusNs) };
const entriesOf = (data: { result: Array<{ values: unknown[] }> }): number => data.result.reduce((sum, row) => sum + row.values.length, 0);

function logs(name: string, query: string, goalMs: number, wanted: number, limit = 100): BenchQuery {
  return {
    name,
    path: '/loki/api/v1/query_range',
    params: { ...range, query, limit: String(limit), direction: 'backward' },
    goalMs,
    verify: (data) => {
      const entries = entriesOf(data);
      if (entries !== wanted) {
        throw new Error(`${name}: ${entries} entries instead of ${wanted}`);
      }
    },
  };
}

function metric(name: string, query: string, goalMs: number, step = '60'): BenchQuery {
  return {
    name,
    path: '/loki/api/v1/query_range',
    params: { ...range, query, step },
    goalMs,
    verify: (data) => {
      if (data.result.length === 0) {
        throw new Error(`${name}: no series`);
      }
    },
  };
}

/** The table of questions; over the whole day. */
export const benchQueries: BenchQuery[] = [
  logs('needle, one line of all, as a substring', `{job=~".+"} |= "${needle}"`, 10, 1),
  logs('substring that is nowhere', '{job=~".+"} |= "no such words anywhere"', 10, 0),
  logs('whole trace id', `{job=~".+"} |= "${wholeTraceId}"`, 10, 1),
  logs('whole trace id in a label filter behind json', `{job=~".+"} | json | trace_id="${wholeTraceId}"`, 10, 1),
  logs('rare regex with a literal in it', '{job=~".+"} |~ "needle-[0-9a-f]+ once"', 10, 1),
  logs('last 100 lines of a stream', '{job="nginx", hostname="web1"}', 10, 100),
  logs('last 100 lines of a job', '{job="app"}', 10, 100),
  logs('last 1000 lines of a job', '{job="app"}', 10, 1000, 1000),
  logs('last 1000 lines of a job behind json', '{job="app"} | json', 50, 1000, 1000),
  logs('last 100 lines of everything with a common word', '{job=~".+"} |= "error"', 10, 100),
  metric('volume by job, 24 h, 1 m steps', 'sum by (job) (count_over_time({job=~".+"}[1m]))', 20),
  metric('volume by detected level, 24 h, 1 m steps', 'sum by (detected_level) (count_over_time({job=~".+"}[1m]))', 20),
  metric('count by level after json, filter on a field', 'sum by (level) (count_over_time({job="app"} | json | http_status="500" [5m]))', 300, '300'),
  metric('count after json, numeric filter', 'sum (count_over_time({job="app"} | json | duration_ms > 1990 [5m]))', 400, '300'),
  metric('lines with a common word by detected level, 5 m steps', 'sum by (detected_level) (count_over_time({job=~".+"} |= "error" [5m]))', 500, '300'),
  metric('p99 of an unwrapped logfmt duration', 'quantile_over_time(0.99, {job="worker"} | logfmt | unwrap duration(took) [5m]) by (service)', 350, '300'),
];
