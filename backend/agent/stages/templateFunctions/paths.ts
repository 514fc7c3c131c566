import { randomUUID } from 'node:crypto';
import path from 'node:path';
import semver from 'semver';
import { CallError, GoMap, type Value } from '../../../text/template';
import { fixed, map, type Named, text } from './arguments';

const clean = (value: string): string => (value === '' ? '.' : path.posix.normalize(value).replace(/(?<=.)\/$/, ''));
const base = (value: string): string => (value === '' ? '.' : path.posix.basename(value) || '/');

function parseUrl(value: string): GoMap {
  if (!URL.canParse(value)) {
    throw new CallError(`unable to parse url: ${value}`);
  }
  const url = new URL(value);
  const userinfo = url.username + (url.password ? `:${url.password}` : '');
  const parts: Array<[string, Value]> = [
    ['scheme', url.protocol.slice(0, -1)], ['host', url.host], ['hostname', url.hostname], ['path', url.pathname], ['query', url.search.slice(1)],
    ['opaque', ''], ['fragment', url.hash.slice(1)], ['userinfo', userinfo],
  ];
  return new GoMap(new Map(parts), 'any');
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
      fixed(name('Dir'), ['string'], (value: string) => clean(path.posix.dirname(value))),
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
