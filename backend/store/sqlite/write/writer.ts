import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Receipt } from '../../../model/entry';
import { labelsTest } from '../../matchers';
import type { AppendResult, DeleteRequest, RetentionPolicy, RetentionReport } from '../../store';
import { asDamage, DamagedFile, openReader, type Db } from '../database';
import { folderTenant, hotFile, tenantFolders, tenantsDir } from '../names';
import type { PackedBatch } from './pack';
import { removeEntries, type Ask } from './removal';
import { openAtStartMax, OpenTenants } from './openTenants';
import { applyRetention } from './retention';
import { steadyMs } from './steadyClock';
import type { TenantOptions, TenantWriter } from './tenantWriter';

export type WriterOptions = TenantOptions;

export type RemovalSteps = Generator<Ask, number, Uint8Array | undefined>;
export type DeleteSelect = Omit<DeleteRequest, 'drops'>;

/** Rows of all tenants together that wait to be sealed, in times of what one may have: each new stream costs some 300 bytes until then. */
const crowdedTimes = 4;

/** The writing half of the SQLite store: every tenant of one data directory. Synchronous; lives in one thread. */
export class SqliteWriter {
  private readonly open: OpenTenants;
  /** Deletes that wait for marks; sealing rests meanwhile, so that no entry changes house between question and answer. */
  private removals = 0;

  constructor(
    readonly dir: string,
    private readonly options: WriterOptions
  ) {
    this.open = new OpenTenants(dir, options);
  }

  /** The writer of a tenant, made with its files when it is new. */
  tenant(name: string): TenantWriter {
    return this.open.get(name, this.removals > 0 ? 'all' : this.compacting);
  }

  /** Opens what is there, so that crashes are cleared up and hot rows go on becoming blocks before the first push. */
  warm(log: (message: string, error?: unknown) => void): void {
    for (const [i, tenant] of this.tenants().entries()) {
      if (i >= openAtStartMax) {
        this.open.remember(tenant, steadyMs());
        continue;
      }
      try {
        this.tenant(tenant);
      } catch (error) {
        log(`the files of tenant ${JSON.stringify(tenant)} can't be opened`, error);
      }
    }
  }

  private exists(tenant: string): boolean {
    return this.open.has(tenant) || existsSync(hotFile(this.dir, tenant));
  }

  /** Names of all tenants that have files. */
  tenants(): string[] {
    return tenantsOf(this.dir);
  }

  /** Takes batches, those of one tenant in one commit. One result or error for each. */
  append(batches: PackedBatch[]): Array<AppendResult | Error> {
    const results: Array<AppendResult | Error> = [];
    for (const tenant of new Set(batches.map((batch) => batch.tenant))) {
      const mine = batches.filter((batch) => batch.tenant === tenant);
      let answers: Array<AppendResult | Error>;
      try {
        answers = this.tenant(tenant).append(mine);
      } catch (error) {
        const known = asDamage(hotFile(this.dir, tenant), error);
        answers = mine.map(() => (known instanceof Error ? known : new Error(String(known))));
      }
      mine.forEach((batch, i) => (results[batches.indexOf(batch)] = answers[i]));
    }
    return results;
  }

  /** One bounded piece of background work of any tenant. False when nothing is due. */
  work(nowMs: number): boolean {
    if (this.removals > 0) {
      return false;
    }
    const tenants = this.open.all();
    const rows = tenants.reduce((sum, tenant) => sum + tenant.hotRows, 0);
    const crowded = rows >= crowdedTimes * this.options.seal.hotRowsMax;
    return tenants.some((tenant) => tenant.work(nowMs, crowded && tenant.hotRows >= rows / tenants.length));
  }

  /** One bounded piece of work of any tenant that can wait for a good moment. False when nothing is due. */
  rest(nowMs: number): boolean {
    return this.removals === 0 && (this.open.all().some((tenant) => tenant.rest(nowMs)) || this.open.wake(nowMs - this.options.seal.hotAgeMs));
  }

  /** Whether pushes must wait until sealing has caught up. */
  get behind(): boolean {
    return this.removals === 0 && this.open.all().some((tenant) => tenant.behind);
  }

  receipts(tenant: string): Receipt[] {
    return this.exists(tenant) ? this.tenant(tenant).receipts() : [];
  }

  receipt(tenant: string, agent: string): Receipt | undefined {
    return this.exists(tenant) ? this.tenant(tenant).receipt(agent) : undefined;
  }

  /** A delete as steps: each yields a piece for the caller to mark (only with `asks`), the last answers how many entries went. */
  *remove(request: DeleteSelect, asks: boolean): RemovalSteps {
    const passes = labelsTest(request.matchers);
    if (!this.exists(request.tenant)) {
      return 0;
    }
    this.removals++;
    try {
      return yield* removeEntries(this.tenant(request.tenant), this.dir, request, passes, asks);
    } finally {
      this.removals--;
    }
  }

  /** Removes what the policy does not keep; yields after each bounded piece. */
  retain(policy: RetentionPolicy, nowNs: bigint): Generator<void, RetentionReport, undefined> {
    return applyRetention(this, policy, nowNs);
  }

  /** Brings everything into its smallest form; yields after each bounded step. Damaged files are left out and thrown as an error at the end. */
  *compact(): Generator<void, void, undefined> {
    const errors: unknown[] = [];
    for (const name of this.tenants()) {
      this.compacting = { tenant: name };
      try {
        yield* this.tenant(name).compact(steadyMs());
      } catch (error) {
        errors.push(error);
      } finally {
        this.compacting = undefined;
      }
    }
    if (errors.length > 0) {
      throw errors[0];
    }
  }

  private compacting: { tenant: string } | undefined;

  /** Whether a delete waits for marks: nothing may be sealed or compacted meanwhile. */
  get resting(): boolean {
    return this.removals > 0;
  }

  close(): void {
    this.open.close();
  }
}

/** Names of all tenants that have files in a data directory. */
export function tenantsOf(dir: string, max = Infinity): string[] {
  return tenantFolders(dir).slice(0, max).flatMap((folder) => folderTenant(folder) ?? nameInside(path.join(tenantsDir(dir), folder, 'hot.db')));
}

/** The name of a tenant whose folder is a digest. */
function nameInside(file: string): string[] {
  if (!existsSync(file)) {
    return [];
  }
  let db: Db | undefined;
  try {
    db = openReader(file);
    return (db?.prepare("SELECT value FROM meta WHERE key = 'tenant'").pluck().all() ?? []) as string[];
  } catch (error) {
    if (error instanceof DamagedFile) {
      // `check` names the file; the other tenants must not wait for it
      return [];
    }
    throw error;
  } finally {
    db?.close();
  }
}
