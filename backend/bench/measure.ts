import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { sleep, type ServerProcess } from './process';
import { pushCorpus } from './push';
import { benchQueries, type BenchQuery } from './queries';

/** A server to be measured, empty. */
export interface Subject {
  /** What it is called in the table. */
  name: string;
  server: ServerProcess;
  /** Where its data lie, when they lie on this machine. */
  dir?: string;
}

/** What one server was measured at. */
export interface Measured {
  name: string;
  lines: number;
  textBytes: number;
  linesPerSecond: number;
  cpuSeconds: number;
  peakBytes: number;
  compactSeconds: number;
  /** What the server spends on its own when it has rested (`http/warmUp.ts`). */
  warmUpSeconds: number;
  diskBytes?: number;
  queryPeakBytes: number;
  queries: Asked[];
}

/** A question, and how long its answers took; without times the server refused it, and `refused` is what it said. */
export interface Asked {
  query: BenchQuery;
  times?: { firstMs: number; bestMs: number; medianMs: number; cpuMs: number };
  refused?: string;
}

export const repeats = 9;
/** A server that has rested for five seconds warms up; users seldom ask sooner after a burst. */
const restMs = 7_000;

/**
 * Pushes so many lines of the corpus and asks the questions. Several servers get each body at the same time and each question in turns, so
 * that they meet the same moments of the machine.
 */
export async function measure(subjects: Subject[], lines: number): Promise<Measured[]> {
  const servers = subjects.map(({ server }) => server);
  const cpu = (): number[] => servers.map((server) => server.cpuSeconds());
  const settled = (): Promise<void[]> => Promise.all(servers.map((server) => server.settled()));
  const idle = cpu();
  const pushed = await pushCorpus(servers.map(({ url }) => url), lines);
  await settled();
  const taken = cpu();
  const peaks = servers.map((server) => server.peakBytes());
  await Promise.all(servers.map(flush));
  await settled();
  const packed = cpu();
  await sleep(restMs);
  await settled();
  const rested = cpu();
  servers.forEach((server) => server.resetPeak());
  const queries: Asked[][] = [];
  for (const query of benchQueries) {
    queries.push(await ask(servers, query));
  }
  return subjects.map(({ name, server, dir }, i) => ({
    name,
    lines,
    textBytes: pushed.bytes,
    linesPerSecond: lines / pushed.seconds,
    cpuSeconds: taken[i] - idle[i],
    peakBytes: peaks[i],
    compactSeconds: packed[i] - taken[i],
    warmUpSeconds: rested[i] - packed[i],
    diskBytes: dir === undefined ? undefined : bytesUnder(dir),
    queryPeakBytes: server.peakBytes(),
    queries: queries.map((asked) => asked[i]),
  }));
}

async function flush({ url }: ServerProcess): Promise<void> {
  const response = await fetch(`${url}/flush`, { method: 'POST' });
  if (!response.ok) {
    throw new Error(`${url}/flush answered ${response.status}`);
  }
}

async function ask(servers: ServerProcess[], query: BenchQuery): Promise<Asked[]> {
  const all = servers.map(() => ({ times: [] as number[], cpuSeconds: 0, refused: undefined as string | undefined }));
  for (let round = 0; round < repeats; round++) {
    for (const [i, server] of servers.entries()) {
      if (all[i].refused === undefined) {
        const before = server.cpuSeconds();
        const from = process.hrtime.bigint();
        const response = await fetch(`${server.url}${query.path}?${new URLSearchParams(query.params)}`);
        const text = await response.text();
        all[i].times.push(Number(process.hrtime.bigint() - from) / 1e6);
        all[i].cpuSeconds += server.cpuSeconds() - before;
        if (response.ok) {
          query.verify((JSON.parse(text) as { data: { result: Array<{ values: unknown[] }> } }).data);
        } else {
          all[i].refused = `status ${response.status}: ${text.slice(0, 100).trim()}`;
        }
      }
    }
  }
  return all.map(({ times, cpuSeconds, refused }) => {
    const [firstMs] = times;
    times.sort((a, b) => a - b);
    return refused === undefined ? { query, times: { firstMs, bestMs: times[0], medianMs: times[Math.floor(repeats / 2)], cpuMs: (cpuSeconds * 1000) / repeats } } : { query, refused };
  });
}

function bytesUnder(dir: string): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
}
