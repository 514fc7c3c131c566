import type { Matcher } from '../../../src/logql/ast';
import { cancelled } from '../../model/errors';
import { makeLabels, type Labels } from '../../model/labels';
import { tenantLabel } from '../../pipeline/labelNames';
import { valueTest } from '../../store/matchers';
import type { Chunk, Scan, StoreReader } from '../../store/store';
import type { Breather } from '../../runtime/breather';
import type { FragmentBudget } from '../budget';

/**
 * One scan for each tenant. With several tenants, matchers on `__tenant_id__` choose among them, and streams carry it as a label
 * (Loki, pkg/querier/multi_tenant_querier.go). What is read is charged to the budget; a cancelled query ends the scans.
 */
export function scanTenants(
  reader: StoreReader,
  tenants: string[],
  scan: Omit<Scan, 'tenant'>,
  reading: { budget: FragmentBudget; breather: Breather; signal: AbortSignal }
): Array<AsyncGenerator<Chunk>> {
  const several = tenants.length > 1;
  const matchers = several ? scan.matchers.filter((matcher) => matcher.name !== tenantLabel) : scan.matchers;
  return chooseTenants(tenants, scan.matchers).map((tenant) => scanTenant(reader, { ...scan, tenant, matchers }, several, reading));
}

async function* scanTenant(
  reader: StoreReader,
  scan: Scan,
  named: boolean,
  { budget, breather, signal }: { budget: FragmentBudget; breather: Breather; signal: AbortSignal }
): AsyncGenerator<Chunk> {
  const streams = new Map<string, Labels>();
  for await (const chunk of reader.scan(scan, signal)) {
    await breather.pause();
    budget.chargeRead(chunk.read?.lines ?? chunk.count, chunk.read?.bytes ?? chunk.offsets[chunk.count] - chunk.offsets[0]);
    yield named ? nameTenant(chunk, scan.tenant, streams) : chunk;
  }
  // a store may end a scan early when the signal fires, and what was read so far is no answer
  if (signal.aborted) {
    throw cancelled();
  }
}

function nameTenant(chunk: Chunk, tenant: string, named: Map<string, Labels>): Chunk {
  let stream = named.get(chunk.streamId);
  if (!stream) {
    stream = makeLabels([...chunk.stream, [tenantLabel, tenant]]);
    named.set(chunk.streamId, stream);
  }
  return { ...chunk, stream, streamId: `${tenant}/${chunk.streamId}` };
}

export function chooseTenants(tenants: string[], matchers: Matcher[]): string[] {
  if (tenants.length < 2) {
    return tenants;
  }
  const tests = matchers.filter((matcher) => matcher.name === tenantLabel).map(valueTest);
  return tenants.filter((tenant) => tests.every((test) => test(tenant)));
}
