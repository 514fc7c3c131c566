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
  const contains = (address: Address): boolean => {
    const bytes = address.toByteArray();
    return bytes.length === low.length && compare(low, bytes) <= 0 && compare(bytes, high) <= 0;
  };
  return { inText: (bytes, start, end) => anyAddress(bytes, start, end, contains) };
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

/** Finds what looks like an address the way Loki does (pkg/logql/log/ip.go): a digit with a dot near, a hex digit with a colon near. */
function anyAddress(bytes: Uint8Array, start: number, end: number, contains: (address: Address) => boolean): boolean {
  for (let i = start; i < end; i++) {
    const v4 = i + 3 < end && isDigit(bytes[i]) && (bytes[i + 1] === dot || bytes[i + 2] === dot || bytes[i + 3] === dot);
    if (!v4 && !(i + 4 < end && looksLikeV6(bytes, i))) {
      continue;
    }
    let after = i;
    while (after < end && (bytes[after] === dot || (v4 ? isDigit(bytes[after]) : isHex(bytes[after]) || bytes[after] === colon))) {
      after++;
    }
    if (after - i <= addressLengthMax) {
      const address = parseAddress(String.fromCharCode(...bytes.subarray(i, after)));
      if (address && contains(address)) {
        return true;
      }
    }
    i = after;
  }
  return false;
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
