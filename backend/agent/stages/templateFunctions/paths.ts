import { randomUUID } from 'node:crypto';
import path from 'node:path';
import semver from 'semver';
import { CallError, GoMap, type Value } from '../../../text/template';
import { fixed, map, type Named, text } from './arguments';

const clean = (value: string): string => (value === '' ? '.' : path.posix.normalize(value).replace(/(?<=.)\/$/, ''));
const base = (value: string): string => (value === '' ? '.' : path.posix.basename(value) || '/');

/** Scheme, authority, path, query and fragment (RFC 3986, appendix B). */
const urlParts = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/is;

/** As Go's url.Parse cuts it: nothing is added or tidied, and a path alone is a URL. */
function parseUrl(value: string): GoMap {
  const [, scheme = '', authority = '', path = '', query = '', fragment = ''] = urlParts.exec(value) ?? [];
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  if (scheme === '' && authority === '' && /^[^/]*:/.test(path)) {
    throw new CallError(`unable to parse url: parse ${JSON.stringify(value)}: first path segment in URL cannot contain colon`);
  }
  const isOpaque = scheme !== '' && authority === '' && !path.startsWith('/');
  const parts: Array<[string, Value]> = [
    ['scheme', scheme.toLowerCase()], ['host', host], ['hostname', host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1')], ['path', isOpaque ? '' : unescaped(value, path)], ['query', query],
    ['opaque', isOpaque ? path : ''], ['fragment', unescaped(value, fragment)], ['userinfo', authority.slice(0, Math.max(at, 0))],
  ];
  return new GoMap(new Map(parts), 'any');
}

function unescaped(url: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new CallError(`unable to parse url: parse ${JSON.stringify(url)}: invalid URL escape`);
  }
}

function joinUrl(value: Value): string {
  const parts = map(value);
  const part = (name: string, before = '', after = '') => (text(parts.get(name) ?? '') === '' ? '' : before + text(parts.get(name)) + after);
  return `${part('scheme', '', '://')}${part('userinfo', '', '@')}${part('host')}${part('path')}${part('query', '?')}${part('fragment', '#')}`;
}

/** Paths, addresses, versions. */
export const pathFunctions: Named[] = [
  ...['', 'os'].flatMap((prefix) => {
    const name = (rest: string) => (prefix ? `os${rest}` : rest[0].toLowerCase() + rest.slice(1));
    return [
      fixed(name('Base'), ['string'], base),
      fixed(name('Dir'), ['string'], (value: string) => clean(value.slice(0, value.lastIndexOf('/') + 1))),
      fixed(name('Clean'), ['string'], clean),
      fixed(name('Ext'), ['string'], (value: string) => /\.[^./]*$/.exec(value)?.[0] ?? ''),
      fixed(name('IsAbs'), ['string'], (value: string) => value.startsWith('/')),
    ];
  }),
  fixed('urlParse', ['string'], parseUrl),
  fixed('urlJoin', ['any'], joinUrl),
  fixed('semver', ['string'], (value: string) => semver.parse(value)?.format() ?? failVersion()),
  fixed('semverCompare', ['string', 'string'], (constraint: string, value: string) => semver.satisfies(value, constraint)),
  fixed('uuidv4', [], () => randomUUID()),
];

function failVersion(): never {
  throw new CallError('Invalid Semantic Version');
}
