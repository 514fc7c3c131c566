import type { Labels } from '../../model/labels';
import type { Chunk, CountedSeries, CountRequest, Scan, Select, StoreReader, StoreStats } from '../store';
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

  async labelNames(select: Select): Promise<string[]> {
    return labelNamesOf(this.pool, select);
  }

  async labelValues(name: string, select: Select): Promise<string[]> {
    return labelValuesOf(this.pool, name, select);
  }

  async series(select: Select): Promise<Iterable<Labels>> {
    return seriesOf(this.pool, select);
  }

  async stats(select: Select): Promise<StoreStats> {
    return statsOf(this.pool, select);
  }

  async count(request: CountRequest, signal: AbortSignal): Promise<CountedSeries[] | undefined> {
    return signal.aborted ? undefined : countEntries(this.pool, request);
  }

  close(): void {
    this.pool.close();
  }
}
