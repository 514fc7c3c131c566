import { createHash } from 'node:crypto';
import { isLabelName, LabelSet } from '../labelSet';
import type { Auth, ClientConfig, TlsConfig } from './client';
import { defaults } from './defaults';
import type { Section } from './section';
import { ConfigError } from './yaml';

/** Keys of Promtail's HTTP clients that mean nothing here. */
export const httpKeysWithoutEffect = ['follow_redirects', 'enable_http2', 'no_proxy', 'proxy_from_environment', 'proxy_connect_header', 'http_headers'];

/** Reads one client; its external labels lie over `sharedLabels`. Throws a ConfigError. */
export function readClient(section: Section, sharedLabels: ReadonlyMap<string, string>): ClientConfig {
  const url = section.text('url', undefined);
  checkUrl(url, section);
  const backoff = section.section('backoff_config');
  const labels = new Map([...sharedLabels, ...section.textMap('external_labels')]);
  for (const name of labels.keys()) {
    if (!isLabelName(name)) {
      throw new ConfigError(`${section.at('external_labels')}: "${name}" is not a valid label name`);
    }
  }
  const config: ClientConfig = {
    url: url!,
    name: section.text('name', ''),
    batchWaitMs: section.durationMs('batchwait', defaults.client.batchWaitMs),
    batchBytes: section.int('batchsize', defaults.client.batchBytes),
    timeoutMs: Math.max(1, section.durationMs('timeout', defaults.client.timeoutMs)),
    backoff: {
      minMs: Math.max(1, backoff.durationMs('min_period', defaults.client.minBackoffMs)),
      maxMs: Math.max(1, backoff.durationMs('max_period', defaults.client.maxBackoffMs)),
      retriesMax: backoff.int('max_retries', defaults.client.retriesMax),
    },
    externalLabels: LabelSet.from(labels),
    tenant: section.text('tenant_id', ''),
    headers: section.textMap('headers'),
    auth: readAuth(section),
    tls: section.has('tls_config') ? readTls(section.section('tls_config')) : undefined,
    proxyUrl: section.text('proxy_url', undefined),
    dropRateLimited: section.bool('drop_rate_limited_batches', false),
  };
  section.ignore('stream_lag_labels', ...httpKeysWithoutEffect);
  backoff.finish();
  section.finish();
  return { ...config, name: config.name || defaultName(config) };
}

function checkUrl(url: string | undefined, section: Section): void {
  if (url === undefined || url === '') {
    throw new ConfigError(`${section.path}: client needs target URL`);
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new ConfigError(`${section.at('url')}: "${url}" is not an http or https address`);
  }
}

/** A client without a name is known by what makes it different from others. */
function defaultName(config: ClientConfig): string {
  const what = JSON.stringify([config.url, config.tenant, config.externalLabels.text, [...config.headers]]);
  return createHash('md5').update(what).digest('hex').slice(0, 6);
}

export function readTls(section: Section): TlsConfig {
  const tls: TlsConfig = {
    caFile: section.text('ca_file', undefined),
    certFile: section.text('cert_file', undefined),
    keyFile: section.text('key_file', undefined),
    serverName: section.text('server_name', undefined),
    insecureSkipVerify: section.bool('insecure_skip_verify', false),
  };
  section.ignore('min_version', 'max_version', 'ca', 'cert', 'key', 'ca_ref', 'cert_ref', 'key_ref');
  section.finish();
  return tls;
}

function readAuth(section: Section): Auth | undefined {
  const given = ['basic_auth', 'bearer_token', 'bearer_token_file', 'authorization', 'oauth2'].filter((key) => section.has(key));
  if (given.length > 1) {
    throw new ConfigError(`${section.path}: at most one of basic_auth, authorization, oauth2, bearer_token and bearer_token_file must be configured, found ${given.join(' and ')}`);
  }
  switch (given[0]) {
    case 'basic_auth':
      return readBasic(section.section('basic_auth'));
    case 'bearer_token':
      return { kind: 'header', type: 'Bearer', credentials: section.text('bearer_token', '') };
    case 'bearer_token_file':
      return { kind: 'header', type: 'Bearer', credentials: '', credentialsFile: section.text('bearer_token_file', undefined) };
    case 'authorization':
      return readAuthorization(section.section('authorization'));
    case 'oauth2':
      return readOAuth2(section.section('oauth2'));
    default:
      return undefined;
  }
}

function readBasic(section: Section): Auth {
  const auth: Auth = {
    kind: 'basic', username: section.text('username', ''), password: section.text('password', ''), passwordFile: section.text('password_file', undefined),
  };
  section.ignore('username_file', 'username_ref', 'password_ref');
  section.finish();
  return auth;
}

function readAuthorization(section: Section): Auth {
  const auth: Auth = {
    kind: 'header', type: section.text('type', 'Bearer'), credentials: section.text('credentials', ''), credentialsFile: section.text('credentials_file', undefined),
  };
  section.ignore('credentials_ref');
  section.finish();
  return auth;
}

function readOAuth2(section: Section): Auth {
  const auth: Auth = {
    kind: 'oauth2',
    clientId: section.text('client_id', ''),
    clientSecret: section.text('client_secret', ''),
    clientSecretFile: section.text('client_secret_file', undefined),
    scopes: section.texts('scopes'),
    tokenUrl: section.text('token_url', ''),
    endpointParams: section.textMap('endpoint_params'),
  };
  if (!URL.canParse(auth.tokenUrl)) {
    throw new ConfigError(`${section.at('token_url')}: an address is expected`);
  }
  section.ignore('client_secret_ref', 'tls_config', 'proxy_url', ...httpKeysWithoutEffect);
  section.finish();
  return auth;
}
