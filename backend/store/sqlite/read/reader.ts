import type { Labels } from '../../../model/labels';
import type { Chunk, CountedSeries, CountRequest, Scan, Select, StoreReader, StoreStats } from '../../store';
import { statsOf } from './catalog';
import { countEntries } from './counts';
import { scanStore } from './scan';
import { ConnectionPool } from './snapshot';
import { labelNamesOf, labelValuesOf, seriesOf } from './streamLabels';

/** The reading half of the SQLite store: read-only connections, any number of them, in any thread. */
export class SqliteReader implements StoreReader {
  private readonly pool: ConnectionPool;

  constructor(dir: string, log: (message: string, error?: unknown) => void) {
    this.pool = new ConnectionPool(dir, (error) => log(error instanceof Error ? error.message : String(error), error));
  }

  scan(scan: Scan, signal: AbortSignal): AsyncIterable<Chunk> {
    return scanStore(this.pool, scan, signal);
  }

  labelNames(select: Select, signal: AbortSignal): Promise<string[]> {
    return labelNamesOf(this.pool, select, signal);
  }

  labelValues(name: string, select: Select, signal: AbortSignal): Promise<string[]> {
    return labelValuesOf(this.pool, name, select, signal);
  }

  series(select: Select, signal: AbortSignal): Promise<Iterable<Labels>> {
    return seriesOf(this.pool, select, signal);
  }

  stats(select: Select, signal: AbortSignal): Promise<StoreStats> {
    return statsOf(this.pool, select, signal);
  }

  count(request: CountRequest, signal: AbortSignal): Promise<CountedSeries[] | undefined> {
    return countEntries(this.pool, request, signal);
  }

  close(): void {
    this.pool.close();
  }
}
