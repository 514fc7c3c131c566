import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Bug } from '../../model/errors';

/** A day is a whole number of days since 1970 (UTC); every time inside its files counts nanoseconds from its midnight. */
export const dayNs = 86_400_000_000_000n;
export const dayLengthNs = 86_400_000_000_000;

const plain = /^[a-z0-9_-]$/;
/** Longer escaped names become a digest: file systems end at 255 bytes. */
const nameBytesMax = 200;

/** The folder name of a tenant: no separators, dots or capitals, so that no name escapes, hides or meets another one on any file system. */
export function tenantFolder(tenant: string): string {
  let name = '';
  for (const byte of Buffer.from(tenant, 'utf8')) {
    const letter = String.fromCharCode(byte);
    name += plain.test(letter) ? letter : `%${byte.toString(16).padStart(2, '0')}`;
  }
  return name.length > nameBytesMax || name === '' ? `%-${createHash('sha256').update(tenant).digest('hex')}` : name;
}

/** The tenant of a folder, or undefined for a digest (its name is then in the `meta` table of `hot.db`). */
export function folderTenant(folder: string): string | undefined {
  if (folder.startsWith('%-')) {
    return undefined;
  }
  return Buffer.from(folder.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString('utf8');
}

export function tenantsDir(dir: string): string {
  return path.join(dir, 'tenants');
}

export function tenantDir(dir: string, tenant: string): string {
  return path.join(tenantsDir(dir), tenantFolder(tenant));
}

export function hotFile(dir: string, tenant: string): string {
  return path.join(tenantDir(dir, tenant), 'hot.db');
}

/** `2026-11-22.db`; days before 0000 or after 9999 can't occur in 64-bit nanoseconds. */
export function dayFile(dir: string, tenant: string, day: number): string {
  return path.join(tenantDir(dir, tenant), `${dateOf(day)}.db`);
}

/** `2026-11-22`. */
export function dateOf(day: number): string {
  const date = new Date(day * 86_400_000);
  if (Number.isNaN(date.getTime())) {
    throw new Bug(`no such day: ${day}`);
  }
  return date.toISOString().slice(0, 10);
}

export function dayOfFile(name: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})\.db$/.exec(name);
  return match ? Date.parse(`${match[1]}T00:00:00Z`) / 86_400_000 : undefined;
}

export function dayOf(tsNs: bigint): number {
  const day = tsNs / dayNs;
  return Number(tsNs < 0n && day * dayNs !== tsNs ? day - 1n : day);
}

export function dayStartNs(day: number): bigint {
  return BigInt(day) * dayNs;
}

/** Days that have a file, ascending. */
export function daysOf(dir: string, tenant: string): number[] {
  const folder = tenantDir(dir, tenant);
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder)
    .map(dayOfFile)
    .filter((day) => day !== undefined)
    .sort((a, b) => a - b);
}

/** Folder names of all tenants. */
export function tenantFolders(dir: string): string[] {
  return existsSync(tenantsDir(dir)) ? readdirSync(tenantsDir(dir)).sort() : [];
}
