import type { DeleteRequestItem } from '../../src/wire';

/** Deletes that are remembered, and characters of their queries, of all tenants together: a query may have 131,072. */
const itemsMax = 10_000;
const charsMax = 4_000_000;

/** What was deleted lately: a record for whoever asks, not needed to do it. The oldest go when there are too many. */
export class DeleteHistory {
  private readonly items = new Map<DeleteRequestItem, string>();
  private chars = 0;

  add(tenant: string, item: DeleteRequestItem): void {
    this.items.set(item, tenant);
    this.chars += item.query.length;
    for (const oldest of this.items.keys()) {
      if (this.items.size <= itemsMax && this.chars <= charsMax) {
        return;
      }
      this.items.delete(oldest);
      this.chars -= oldest.query.length;
    }
  }

  /** Those of a tenant, newest last. */
  of(tenant: string): DeleteRequestItem[] {
    return [...this.items].filter(([, owner]) => owner === tenant).map(([item]) => item);
  }
}
