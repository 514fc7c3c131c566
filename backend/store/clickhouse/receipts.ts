import type { Receipt } from '../../model/entry';
import type { ClickHouseClient } from './client';
import { RowWriter } from './rowBinary';
import { quote } from './sql';

/** The last receipt of each agent that has one. */
export async function readReceipts(client: ClickHouseClient, agents: Array<{ tenant: string; agent: string }>): Promise<Array<[string, Receipt]>> {
  if (agents.length === 0) {
    return [];
  }
  const pairs = agents.map(({ tenant, agent }) => `(${quote(tenant)}, ${quote(agent)})`).join(', ');
  const rows = await client.rows(
    `tenant, agent, max(sequence), argMax(state, sequence) FROM receipts WHERE (tenant, agent) IN (${pairs}) GROUP BY tenant, agent`,
    (row): [string, Receipt] => [row.text(), { agent: row.text(), sequence: row.count(), state: row.text() }]
  );
  return rows;
}

/** The last receipt of every agent of a tenant. */
export function allReceipts(client: ClickHouseClient, tenant: string): Promise<Receipt[]> {
  return client.rows(`agent, max(sequence), argMax(state, sequence) FROM receipts WHERE tenant = ${quote(tenant)} GROUP BY agent`, (row) => ({ agent: row.text(), sequence: row.count(), state: row.text() }));
}

/** Written behind the entries they stand for: after a crash in between the agent sends again, and repeats are not stored. */
export async function writeReceipts(client: ClickHouseClient, receipts: Array<Receipt & { tenant: string }>): Promise<void> {
  if (receipts.length === 0) {
    return;
  }
  const rows = new RowWriter();
  for (const { tenant, agent, sequence, state } of receipts) {
    rows.text(tenant);
    rows.text(agent);
    rows.count(sequence);
    rows.text(state);
  }
  await client.run('INSERT INTO receipts (tenant, agent, sequence, state) FORMAT RowBinary', { body: rows.finish() });
}
