import type { Section } from './section';

/**
 * Where the data lie: the flag, `storage:` (or `binocle.store`) of the file, else SQLite. `storage: clickhouse` takes its address from the section
 * `clickhouse`: `url`, and whatever else stands there over it (`user`, `password`, and the options of the address, such as `cluster`).
 * Throws an Error in plain words.
 */
export function chooseStore(flag: string | undefined, root: Section, own: Section): string {
  const named = root.text('storage') ?? own.text('store');
  const section = root.section('clickhouse');
  const address = section.exists ? clickhouseAddress(section) : undefined;
  const chosen = flag ?? named ?? 'sqlite';
  if (chosen !== 'clickhouse') {
    return chosen;
  }
  if (address === undefined) {
    throw new Error('storage: clickhouse needs to know where: clickhouse: { url: "clickhouse://user:password@host:8123/database" }');
  }
  return address;
}

function clickhouseAddress(section: Section): string {
  const url = section.text('url');
  const parts = /^(clickhouses?:\/\/)(?:([^/?]*)@)?([^?]*)(?:\?(.*))?$/.exec(url ?? '');
  if (!parts) {
    throw new Error('clickhouse.url: an address such as clickhouse://host:8123/database is expected');
  }
  const [, scheme, credentials = '', rest, query = ''] = parts;
  const [user, password] = ['user', 'password'].map((key) => section.text(key));
  const options = new URLSearchParams(query);
  const known = new Set(['url', 'user', 'password']);
  for (const key of Object.keys(section.values as object).filter((one) => !known.has(one))) {
    options.set(key, section.text(key) ?? '');
  }
  const given = user === undefined && password === undefined ? credentials : `${encodeURIComponent(user ?? 'default')}:${encodeURIComponent(password ?? '')}`;
  return `${scheme}${given === '' ? '' : `${given}@`}${rest}${options.size > 0 ? `?${options}` : ''}`;
}

/** An address for people: without the password. */
export const withoutPassword = (address: string): string => address.replace(/^(\w+:\/\/[^:@/]*):[^@/]*@/, '$1:<secret>@');
