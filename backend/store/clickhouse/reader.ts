import { timedOut, unavailable } from '../../model/errors';
import { compareLabels, type Labels } from '../../model/labels';
import type { AggregatedSeries, AggregateRequest, Chunk, CountedSeries, CountRequest, Scan, Select, StoreReader, StoreStats } from '../store';
import type { RowSource } from './client';
import { countEntries, entryStats, liveStreams } from './counts';
import type { Readiness } from './readiness';
import { scanEntries } from './scan';
import { DeadlinePassed, mayPass } from './serverError';

/** The reading half, over all shards or over those that are there. */
export class ClickHouseReader implements StoreReader {
  constructor(
    private readonly source: RowSource,
    private readonly readiness: Pick<Readiness, 'check'>
  ) {}

  async *scan(scan: Scan, signal: AbortSignal): AsyncGenerator<Chunk> {
    this.readiness.check();
    try {
      yield* scanEntries(this.source, scan, signal);
    } catch (error) {
      throw asAnswer(error);
    }
  }

  async labelNames(select: Select, signal: AbortSignal): Promise<string[]> {
    return [...new Set((await this.streamsIn(select, signal)).flatMap(({ labels }) => [...labels.keys()]))].sort();
  }

  async labelValues(name: string, select: Select, signal: AbortSignal): Promise<string[]> {
    return [...new Set((await this.streamsIn(select, signal)).flatMap(({ labels }) => labels.get(name) ?? []))].sort();
  }

  async series(select: Select, signal: AbortSignal): Promise<Labels[]> {
    return (await this.streamsIn(select, signal)).map(({ labels }) => labels).sort(compareLabels);
  }

  private streamsIn(select: Select, signal: AbortSignal): ReturnType<typeof liveStreams> {
    return answered(this.readiness, () => liveStreams(this.source, select, signal));
  }

  stats(select: Select, signal: AbortSignal): Promise<StoreStats> {
    return answered(this.readiness, () => entryStats(this.source, select, signal));
  }

  count(request: CountRequest, signal: AbortSignal): Promise<CountedSeries[] | undefined> {
    return answered(this.readiness, () => countEntries(this.source, { ...request, lines: [] }, signal));
  }

  aggregate(request: AggregateRequest, signal: AbortSignal): Promise<AggregatedSeries[] | undefined> {
    return answered(this.readiness, () => countEntries(this.source, request, signal));
  }
}

/** What ClickHouse answers, with errors in the words of our clients; 503 while it is not ready. */
export async function answered<Answer>(readiness: Pick<Readiness, 'check'>, ask: () => Promise<Answer>): Promise<Answer> {
  readiness.check();
  try {
    return await ask();
  } catch (error) {
    throw asAnswer(error);
  }
}

/** What the reader of an answer is told: too slow, away for now, or our own mistake. */
function asAnswer(error: unknown): unknown {
  if (error instanceof DeadlinePassed) {
    return timedOut(error.message);
  }
  return mayPass(error) ? unavailable((error as Error).message, 5) : error;
}
