import { TenantWriter, type TenantOptions } from './tenantWriter';

/**
 * Tenants whose `hot.db` is open at the same time. To open and close one costs several waits for the disk, so those that push in turns
 * should all fit; an open one that is slim costs some 300 KB and three descriptors.
 */
const openMax = 64;
/** Those used last keep their pages (2 MB and more) and their day files. */
const fullMax = 8;
/** Tenants that are remembered to be closed and not at rest; others wait for their next push or the next start. */
const restlessMax = 100_000;

/**
 * The tenants that have a writer: those used last. One that is closed before it is at rest (rows not sealed, days not packed) is opened again
 * when it took nothing for a while, so that all come to rest, however many there are.
 */
export class OpenTenants {
  /** Used last comes last, here and in `full`. */
  private readonly open = new Map<string, TenantWriter>();
  private readonly full = new Set<string>();
  /** Closed before they were at rest, and when they last took something. */
  private readonly restless = new Map<string, number>();

  constructor(
    private readonly dir: string,
    private readonly options: TenantOptions
  ) {}

  has(name: string): boolean {
    return this.open.has(name);
  }

  all(): TenantWriter[] {
    return [...this.open.values()];
  }

  /** The writer of a tenant, made with its files when it is new. @param held the tenant whose files must stay open, or `all`. */
  get(name: string, held?: { tenant: string } | 'all'): TenantWriter {
    let writer = this.open.get(name);
    if (!writer) {
      this.makeRoom(held);
      writer = new TenantWriter(this.dir, name, this.options, this.restless.get(name));
      this.restless.delete(name);
    }
    this.open.delete(name);
    this.open.set(name, writer);
    this.full.delete(name);
    this.full.add(name);
    this.slimOldest(held);
    return writer;
  }

  private makeRoom(held: { tenant: string } | 'all' | undefined): void {
    if (this.open.size < openMax || held === 'all') {
      return;
    }
    const free = [...this.open].filter(([name]) => name !== held?.tenant);
    const [name, writer] = free.find(([, { atRest }]) => atRest) ?? free[0];
    this.open.delete(name);
    this.full.delete(name);
    if (!writer.atRest) {
      this.remember(name, writer.lastTookMs);
    }
    writer.close();
  }

  private slimOldest(held: { tenant: string } | 'all' | undefined): void {
    const [oldest] = this.full;
    if (this.full.size > fullMax && held !== 'all' && oldest !== held?.tenant) {
      this.full.delete(oldest);
      this.open.get(oldest)?.slim();
    }
  }

  /** That a tenant may not be at rest, since what time of the steady clock. */
  remember(name: string, sinceMs: number): void {
    if (this.restless.size < restlessMax && !this.open.has(name)) {
      this.restless.set(name, sinceMs);
    }
  }

  /** Opens one that took nothing since `beforeMs` and is not at rest. False when there is none. */
  wake(beforeMs: number): boolean {
    for (const [name, sinceMs] of this.restless) {
      if (sinceMs <= beforeMs) {
        try {
          this.get(name);
        } finally {
          // one that can't be opened is told of once
          this.restless.delete(name);
        }
        return true;
      }
    }
    return false;
  }

  close(): void {
    this.open.forEach((writer) => writer.close());
    this.open.clear();
    this.full.clear();
  }
}

/** Tenants whose files are opened when a server starts; the others follow when they are used, or some minutes later. */
export const openAtStartMax = fullMax;
