import type { BlockHeader } from './format/block';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { unpackHead } from './format/block';
import { unpackText } from './text/blockText';
import { asDamage, openReader, type Db } from './database';
import { gramsOf, matchOf } from './format/grams';
import { readHotRow } from './format/hotRow';
import { dayOfFile, tenantFolders, tenantsDir } from './names';

/** Verifies every file of a data directory; yields a sentence for each damage, with the file's name. Reads everything once. */
export async function* checkDataDir(dir: string): AsyncIterable<string> {
  for (const folder of tenantFolders(dir)) {
    const where = path.join(tenantsDir(dir), folder);
    for (const name of readdirSync(where).filter((file) => file.endsWith('.db')).sort()) {
      yield* checkFile(path.join(where, name));
      await new Promise(setImmediate);
    }
  }
}

/** One file; see `checkDataDir`. */
export function* checkFile(file: string): Generator<string> {
  if (!existsSync(file)) {
    return;
  }
  let db: Db | undefined;
  try {
    db = openReader(file);
    if (!db) {
      return;
    }
    for (const row of db.pragma('integrity_check') as Array<{ integrity_check: string }>) {
      if (row.integrity_check !== 'ok') {
        yield `${file}: ${row.integrity_check}`;
      }
    }
    yield* dayOfFile(path.basename(file)) === undefined ? checkHot(file, db) : checkDay(file, db);
  } catch (error) {
    const damage = asDamage(file, error);
    yield damage instanceof Error ? damage.message : String(damage);
  } finally {
    db?.close();
  }
}

function* checkHot(file: string, db: Db): Generator<string> {
  for (const row of db.prepare('SELECT id, count, bytes, min, max, data FROM hot').iterate() as Iterable<{ id: number; count: number; bytes: number; min: number; max: number; data: Uint8Array }>) {
    try {
      const { count, offsets, times } = readHotRow(row.data);
      if (count !== row.count || offsets[count] !== row.bytes || times[0] !== row.min || times[count - 1] !== row.max) {
        yield `${file}: hot row ${row.id} holds something else than its columns say`;
      }
    } catch (error) {
      yield `${file}: hot row ${row.id} can't be read: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

interface CheckedBlock extends BlockHeader {
  head: Uint8Array | null;
  text: Uint8Array | null;
}

function* checkDay(file: string, db: Db): Generator<string> {
  const blocks = db.prepare('SELECT blocks.*, heads.data AS head, texts.data AS text FROM blocks LEFT JOIN heads USING (id) LEFT JOIN texts USING (id)');
  const streams = new Set(db.prepare('SELECT id FROM streams').pluck().all() as number[]);
  const groups = new Set(db.prepare('SELECT id FROM groups').pluck().all() as number[]);
  const indexed = db.prepare('SELECT 1 FROM grams WHERE grams MATCH ? AND rowid = ?').pluck();
  for (const block of blocks.iterate() as Iterable<CheckedBlock>) {
    try {
      const problem = problemOf(block, streams, groups);
      if (problem) {
        yield `${file}: block ${block.id} ${problem}`;
        continue;
      }
      // the end of the last line stands for the rest: grams of a group are written in one piece
      const { offsets, count } = unpackHead(block.head!);
      const grams = gramsOf(unpackText(block.text!).subarray(offsets[count - 1]).subarray(-64));
      if (grams.length > 0 && indexed.get(matchOf(grams.slice(0, 20)), block.grp) !== 1) {
        yield `${file}: block ${block.id} is missing from the text index`;
      }
    } catch (error) {
      yield `${file}: block ${block.id} can't be read: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

function problemOf(block: CheckedBlock, streams: Set<number>, groups: Set<number>): string | undefined {
  if (!block.head || !block.text) {
    return 'lacks its entries';
  }
  if (!streams.has(block.stream) || !groups.has(block.grp)) {
    return 'names a stream or a group that is not there';
  }
  const { count, times, offsets } = unpackHead(block.head);
  const text = unpackText(block.text);
  const right = count === block.count && text.length === block.bytes && offsets[count] === block.bytes && times[0] === block.min && times[count - 1] === block.max;
  if (!right || times.some((time, i) => i > 0 && time < times[i - 1])) {
    return 'holds something else than its columns say';
  }
  return undefined;
}
