import type { Batch } from '../model/entry';

/**
 * Live subscribers of what was just committed (tail, patterns, rules). Calls are synchronous and in order of commits; a subscriber that
 * needs time or memory bounds what it keeps by itself.
 */
export class Hub {
  private readonly byTenant = new Map<string, Set<(batch: Batch) => void>>();

  /** @returns ends the subscription. */
  subscribe(tenant: string, receive: (batch: Batch) => void): () => void {
    const receivers = this.byTenant.get(tenant) ?? new Set();
    this.byTenant.set(tenant, receivers);
    receivers.add(receive);
    return () => {
      receivers.delete(receive);
      if (receivers.size === 0 && this.byTenant.get(tenant) === receivers) {
        this.byTenant.delete(tenant);
      }
    };
  }

  publish(batch: Batch): void {
    for (const receive of this.byTenant.get(batch.tenant) ?? []) {
      receive(batch);
    }
  }
}
