import { existsSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Labels } from '../../../model/labels';
import { labelsTest } from '../../matchers';
import type { RetentionPolicy, RetentionReport } from '../../store';
import { dayFile, daysOf, dayStartNs, tenantsDir } from '../names';
import { removeEntries } from './removal';
import { labelsOfKey } from '../format/streamKey';
import type { TenantWriter } from './tenantWriter';

/** What retention needs of the writer of all tenants. */
export interface RetentionHost {
  dir: string;
  tenants(): string[];
  tenant(name: string): TenantWriter;
}

type Rule = RetentionPolicy['rules'][number];

/** Applies the policy: ages by rule first, then oldest first until sizes hold. Yields after each bounded piece, between which others may write. */
export function* applyRetention(host: RetentionHost, policy: RetentionPolicy, nowNs: bigint): Generator<void, RetentionReport, undefined> {
  const report = { entriesRemoved: 0, bytesFreed: 0 };
  const before = bytesOnDisk(host.dir);
  for (const name of host.tenants()) {
    const rules = [...policy.rules.filter((rule) => rule.tenant === name), ...policy.rules.filter((rule) => rule.tenant === '*')];
    if (rules.length > 0) {
      report.entriesRemoved += yield* retainByAge(host, name, rules, nowNs);
    }
  }
  report.entriesRemoved += yield* retainBySize(host, policy);
  report.bytesFreed = Math.max(0, before - bytesOnDisk(host.dir));
  return report;
}

/** Each stream obeys the first rule that matches it. Days that lie wholly before the limits of all their streams go as files; younger ones are not opened. */
function* retainByAge(host: RetentionHost, tenant: string, rules: Rule[], nowNs: bigint): Generator<void, number, undefined> {
  const tests = rules.map((rule) => ({ rule, passes: labelsTest(rule.matchers) }));
  const ageOf = (labels: Labels): bigint => tests.find(({ passes }) => passes(labels))?.rule.ageNs ?? 0n;
  const ages = [...new Set(rules.map((rule) => rule.ageNs))].filter((ageNs) => ageNs > 0n);
  let removed = 0;
  for (const day of daysOf(host.dir, tenant).filter((candidate) => ages.some((ageNs) => isPast(candidate, ageNs, nowNs)))) {
    const writer = host.tenant(tenant);
    if (allPast(writer.day(day).streamKeys(), day, (key) => ageOf(labelsOfKey(key)), nowNs)) {
      removed += dropDay(host, writer, day);
    }
    yield;
  }
  for (const ageNs of ages) {
    const range = { startNs: oldestNs, endNs: nowNs - ageNs };
    removed += drain(removeEntries(host.tenant(tenant), host.dir, range, (labels) => ageOf(labels) === ageNs, false));
    yield;
  }
  return removed;
}

/** Whether a day ends before the limit of an age. */
const isPast = (day: number, ageNs: bigint, nowNs: bigint): boolean => nowNs - ageNs >= dayStartNs(day + 1);

/** Whether the limits of all streams of a day lie behind its end. */
function allPast(keys: Iterable<string>, day: number, ageOf: (key: string) => bigint, nowNs: bigint): boolean {
  for (const key of keys) {
    const ageNs = ageOf(key);
    if (ageNs <= 0n || !isPast(day, ageNs, nowNs)) {
      return false;
    }
  }
  return true;
}

const oldestNs = -(2n ** 63n);

function drain<T, R>(steps: Generator<T, R, undefined>): R {
  let step = steps.next();
  while (!step.done) {
    step = steps.next();
  }
  return step.value;
}

/** Removes a day's file and answers how many entries it held. Hot rows of the day stay for the next pass. */
export function dropDay(host: RetentionHost, tenant: TenantWriter, day: number): number {
  const entries = tenant.day(day).db.prepare('SELECT ifnull(sum(count), 0) FROM blocks').pluck().get() as number;
  tenant.forgetDay(day);
  const file = dayFile(host.dir, tenant.tenant, day);
  for (const end of ['', '-wal', '-shm']) {
    rmSync(file + end, { force: true });
  }
  return entries;
}

/** Oldest days first, whole ones while a younger one is left, then the oldest blocks of the last. */
function* retainBySize(host: RetentionHost, policy: RetentionPolicy): Generator<void, number, undefined> {
  let removed = 0;
  for (;;) {
    const excess = excessBytes(host, policy);
    if (excess <= 0) {
      return removed;
    }
    const days = host.tenants().flatMap((tenant) => daysOf(host.dir, tenant).map((day) => ({ tenant, day, bytes: fileBytes(dayFile(host.dir, tenant, day)) })));
    days.sort((a, b) => a.day - b.day);
    const oldest = days[0];
    if (!oldest) {
      return removed;
    }
    const writer = host.tenant(oldest.tenant);
    removed += oldest.bytes <= excess ? dropDay(host, writer, oldest.day) : dropOldestBlocks(writer, oldest.day, excess);
    if (writer.existingDay(oldest.day)?.empty) {
      dropDay(host, writer, oldest.day);
    }
    yield;
  }
}

function excessBytes(host: RetentionHost, policy: RetentionPolicy): number {
  const tooBig = policy.bytesMax === undefined ? 0 : bytesOnDisk(host.dir) - policy.bytesMax;
  const disk = policy.freeBytesMin === undefined ? undefined : statfsSync(host.dir);
  const tooFull = disk ? policy.freeBytesMin! - disk.bavail * disk.bsize : 0;
  return Math.max(tooBig, tooFull);
}

/** Frees at least `bytes` of a day (or all of it) from its oldest block on; always at least one block, so that it ends. */
function dropOldestBlocks(tenant: TenantWriter, day: number, bytes: number): number {
  const { db } = tenant.day(day);
  const blocks = db
    .prepare('SELECT blocks.id, count, length(texts.data) + length(heads.data) AS size FROM blocks JOIN texts USING (id) JOIN heads USING (id) ORDER BY max')
    .all() as Array<{ id: number; count: number; size: number }>;
  const ids: number[] = [];
  let freed = 0;
  let entries = 0;
  for (const block of blocks) {
    if (freed >= bytes) {
      break;
    }
    ids.push(block.id);
    freed += block.size;
    entries += block.count;
  }
  tenant.day(day).drop(ids);
  tenant.day(day).sweep();
  db.pragma('wal_checkpoint(TRUNCATE)');
  return entries;
}

function fileBytes(file: string): number {
  return ['', '-wal'].reduce((sum, end) => sum + (existsSync(file + end) ? statSync(file + end).size : 0), 0);
}

/** Bytes of all files of all tenants. */
export function bytesOnDisk(dir: string): number {
  const folder = tenantsDir(dir);
  if (!existsSync(folder)) {
    return 0;
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + (statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0), 0);
}
