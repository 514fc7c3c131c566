import ipaddr from 'ipaddr.js';
import { badRequest } from '../model/errors';

/** A set of addresses: one address, `a-b`, or CIDR. */
export interface IpMatcher {
  /** Whether an address inside the bytes belongs to the set. */
  inText(bytes: Uint8Array, start: number, end: number): boolean;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An address of one interface (`fe80::1%eth0`): a pattern may be one, but what is found in a line never has a zone. */
const withZone = /^[0-9a-f:.]*:[0-9a-f:.]*%./i;

/**
 * Reads `10.0.0.1`, `10.0.0.1-10.0.0.9` or `10.0.0.0/8`, and the same for IPv6. Throws a RequestError in Loki's words.
 */
export function parseIpMatcher(pattern: string): IpMatcher {
  if (withZone.test(pattern) && parseAddress(pattern.slice(0, pattern.indexOf('%')))) {
    return { inText: () => false };
  }
  const range = parseRange(pattern);
  if (!range) {
    throw badRequest(`ip: invalid pattern: ${JSON.stringify(pattern)}`);
  }
  const [low, high] = range;
  if (low.length === 4) {
    const [least, greatest] = [partsNumber(low), partsNumber(high)];
    return matcher(true, (bytes, start, end) => {
      const address = v4Number(bytes, start, end);
      return address >= least && address <= greatest;
    });
  }
  return matcher(false, (bytes, start, end) => {
    const address = mayBeV6(bytes, start, end) ? parseAddress(String.fromCharCode(...bytes.subarray(start, end)))?.toByteArray() : undefined;
    return address?.length === low.length && compare(low, address) <= 0 && compare(address, high) <= 0;
  });
}

const matcher = (v4: boolean, contains: AddressTest): IpMatcher => ({ inText: (bytes, start, end) => anyAddress(bytes, start, end, v4, contains) });

/** The text that all addresses of a pattern begin with (`10.1.` of `10.1.0.0/16`): a line without it has none of them. Empty where there is no such text. */
export function startOfAddresses(pattern: string): string {
  const [low, high] = parseRange(pattern) ?? [[], []];
  if (low.length !== 4) {
    return '';
  }
  const differs = low.findIndex((part, i) => part !== high[i]);
  return differs < 0 ? low.join('.') : low.slice(0, differs).map((part) => `${part}.`).join('');
}

/** An address as Go's netip reads it: four decimal parts without leading zeros, or IPv6 with an optional zone. */
function parseAddress(text: string): Address | undefined {
  if (text.includes(':')) {
    return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined;
  }
  return /^(?:(?:0|[1-9]\d{0,2})(?:\.|$)){4}$/.test(text) && !text.endsWith('.') && ipaddr.IPv4.isValid(text) ? ipaddr.IPv4.parse(text) : undefined;
}

function parseRange(pattern: string): [number[], number[]] | undefined {
  const single = parseAddress(pattern);
  if (single) {
    return [single.toByteArray(), single.toByteArray()];
  }
  const slash = pattern.lastIndexOf('/');
  if (slash >= 0) {
    const address = parseAddress(pattern.slice(0, slash));
    const bits = pattern.slice(slash + 1);
    const size = address ? address.toByteArray().length * 8 : 0;
    if (!address || !/^(?:0|[1-9]\d{0,2})$/.test(bits) || Number(bits) > size) {
      return undefined;
    }
    const bytes = address.toByteArray();
    const mask = (byte: number) => (0xff00 >> Math.min(8, Math.max(0, Number(bits) - byte * 8))) & 0xff;
    return [bytes.map((value, i) => value & mask(i)), bytes.map((value, i) => value | (~mask(i) & 0xff))];
  }
  const dash = pattern.indexOf('-');
  if (dash < 0) {
    return undefined;
  }
  const from = parseAddress(pattern.slice(0, dash));
  const to = parseAddress(pattern.slice(dash + 1));
  if (!from || !to || from.kind() !== to.kind()) {
    return undefined;
  }
  const range: [number[], number[]] = [from.toByteArray(), to.toByteArray()];
  return compare(...range) <= 0 ? range : undefined;
}

function compare(a: number[], b: number[]): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) {
      return a[i] - b[i];
    }
  }
  return 0;
}

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;
const isHex = (c: number): boolean => isDigit(c) || (c >= 0x61 && c <= 0x66) || (c >= 0x41 && c <= 0x46);
const dot = 0x2e;
const colon = 0x3a;

/** Longest text that is tried as an address; a real one has at most 45 characters, a zone is not looked for. */
const addressLengthMax = 64;

/** Whether bytes `[start, end)`, that look like an address, are one that is asked for. */
type AddressTest = (bytes: Uint8Array, start: number, end: number) => boolean;

/**
 * Finds what looks like an address the way Loki does (pkg/logql/log/ip.go): a digit with a dot near, a hex digit with a colon near.
 * @param wanted whether addresses of version 4 are asked for, or those of version 6; the others are only passed over.
 */
function anyAddress(bytes: Uint8Array, start: number, end: number, wanted: boolean, contains: AddressTest): boolean {
  for (let i = start; i < end; i++) {
    const v4 = i + 3 < end && isDigit(bytes[i]) && (bytes[i + 1] === dot || bytes[i + 2] === dot || bytes[i + 3] === dot);
    if (!v4 && !(i + 4 < end && looksLikeV6(bytes, i))) {
      continue;
    }
    let after = i;
    while (after < end && (bytes[after] === dot || (v4 ? isDigit(bytes[after]) : isHex(bytes[after]) || bytes[after] === colon))) {
      after++;
    }
    if (v4 === wanted && after - i <= addressLengthMax && contains(bytes, i, after)) {
      return true;
    }
    i = after;
  }
  return false;
}

const partsNumber = ([a, b, c, d]: number[]): number => ((a * 256 + b) * 256 + c) * 256 + d;

/** The address that digits and dots `[start, end)` are, as a number; -1 when they are none: four parts without leading zeros. */
function v4Number(bytes: Uint8Array, start: number, end: number): number {
  let address = 0;
  let parts = 0;
  let at = start;
  while (at < end) {
    const from = at;
    let part = 0;
    while (at < end && bytes[at] !== dot) {
      part = part * 10 + bytes[at++] - 0x30;
    }
    if (at === from || part > 255 || (bytes[from] === 0x30 && at > from + 1)) {
      return -1;
    }
    address = address * 256 + part;
    parts++;
    at++;
  }
  return parts === 4 && bytes[end - 1] !== dot ? address : -1;
}

/** Times of day are made of the same signs: an address has `::`, or six colons. */
function mayBeV6(bytes: Uint8Array, start: number, end: number): boolean {
  let colons = 0;
  for (let i = start; i < end; i++) {
    if (bytes[i] === colon) {
      colons += bytes[i + 1] === colon ? 6 : 1;
    }
  }
  return colons >= 6;
}

function looksLikeV6(bytes: Uint8Array, i: number): boolean {
  if (bytes[i] === colon) {
    return bytes[i + 1] === colon && isHex(bytes[i + 2]);
  }
  for (let k = 0; k < 4; k++) {
    if (!isHex(bytes[i + k])) {
      return false;
    }
    if (bytes[i + k + 1] === colon) {
      return true;
    }
  }
  return false;
}
