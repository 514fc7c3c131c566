import type { ClickHouseAddress } from './address';
import type { ClickHouseClient } from './client';
import type { RowReader } from './rowBinary';

/** Statements for every node: directly when the address names a node of each shard, through `ON CLUSTER` when it names one of a cluster. */

const throughOne = ({ cluster, nodes }: ClickHouseAddress): boolean => cluster !== undefined && nodes.length === 1;

/** What stands behind the name of a table in DDL. */
export const onCluster = (address: ClickHouseAddress): string => (throughOne(address) ? ` ON CLUSTER ${address.cluster}` : '');

/** Nodes that get DDL, each for itself; undefined stands for whichever answers. */
export const ddlNodes = ({ cluster, nodes }: ClickHouseAddress): Array<string | undefined> => (cluster !== undefined && nodes.length > 1 ? nodes : [undefined]);

/** DDL (with `onCluster` in it) on every node. */
export async function everywhere(client: ClickHouseClient, sql: string): Promise<void> {
  for (const node of ddlNodes(client.address)) {
    await client.run(sql, { node });
  }
}

/** Rows of a system table of every node. */
export async function systemRows<Row>(client: ClickHouseClient, columns: string, table: string, where: string, read: (row: RowReader) => Row): Promise<Row[]> {
  const { address } = client;
  if (throughOne(address)) {
    return client.rows(`${columns} FROM cluster(${address.cluster}, system, ${table}) WHERE ${where}`, read);
  }
  const rows: Row[] = [];
  for (const node of ddlNodes(address)) {
    rows.push(...(await client.rows(`${columns} FROM system.${table} WHERE ${where}`, read, { node })));
  }
  return rows;
}
