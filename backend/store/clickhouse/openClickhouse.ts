import { randomInt } from 'node:crypto';
import path from 'node:path';
import { openLocalSqlite } from '../sqlite/openSqlite';
import type { Store } from '../store';
import { parseAddress } from './address';
import { ClickHouseClient, type ClientLog } from './client';
import { ClickHouseStore } from './clickhouseStore';
import { CommitNotes } from './commits';
import { ArrivalClock, RepeatNumbers } from './encode';
import { CommitFollower } from './follow';
import { Readiness } from './readiness';
import { Remover } from './removal';
import { Retention } from './retention';
import { prepareSchema, readFacts } from './schema';
import { ShardNodes } from './shards';
import { Spool } from './spool';
import { StreamTable } from './streams';
import { ClickHouseWriter } from './writer';

export interface ClickHouseSettings {
  /** `clickhouse://user:password@host:8123/database?cluster=name`. */
  url: string;
  /** Where the spool lies; undefined: no spool. */
  dir?: string;
  /** Start although ClickHouse is away, and be ready when it comes. */
  patient?: boolean;
  keepRepeats: boolean;
  appendBytesQueuedMax: number;
  log: ClientLog;
}

/** Text that waits in the spool's own queue. */
const spoolQueueBytesMax = 32 * 1024 * 1024;

/** Connects, makes or checks the tables, and starts to send on what waited here. Rejects with an Error in plain words. */
export async function openClickhouse({ url, dir, patient = false, keepRepeats, appendBytesQueuedMax, log }: ClickHouseSettings): Promise<Store> {
  const address = parseAddress(url);
  const client = new ClickHouseClient(address, log);
  let shards: string[][] = [];
  const readiness = new Readiness(async () => {
    const facts = await readFacts(client);
    await prepareSchema(client, facts);
    shards = facts.shards;
  }, log);
  try {
    await readiness.start(patient);
  } catch (error) {
    await client.close();
    throw error;
  }
  const streams = new StreamTable(client);
  // another number for every process, 0 is that of lines from before there were numbers
  const writerNumber = 1 + randomInt(2 ** 32 - 1);
  const notes = new CommitNotes(client, writerNumber, log);
  const live = new CommitFollower(client, streams, log);
  const repeats = keepRepeats ? new RepeatNumbers(Math.floor(Math.random() * 2 ** 31)) : undefined;
  const writer = new ClickHouseWriter(client, streams, { writer: writerNumber, clock: new ArrivalClock(), repeats }, notes);
  const remover = new Remover(client, keepRepeats);
  const open = (generation: string): Store => openLocalSqlite({ dir: generation, keepRepeats, appendBytesQueuedMax: spoolQueueBytesMax, log });
  const spool = dir !== undefined && address.spoolBytesMax > 0 ? new Spool({ dir: path.join(dir, 'spool'), bytesMax: address.spoolBytesMax, open, client, readiness, writer, log }) : undefined;
  readiness.onReady = () => void spool?.drain();
  const shardNodes = address.partial && address.cluster !== undefined ? new ShardNodes(client, () => shards, log) : undefined;
  return new ClickHouseStore({ client, shardNodes, readiness, streams, writer, notes, live, remover, retention: new Retention(client, streams, remover), spool, appendBytesQueuedMax });
}
