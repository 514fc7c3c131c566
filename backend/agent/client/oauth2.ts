import { readFileSync } from 'node:fs';
import { type Dispatcher, request } from 'undici';
import type { OAuth2Config } from '../config/client';

interface Token {
  value: string;
  expiresMs: number;
}

const tokens = new WeakMap<OAuth2Config, Token>();

/** Renewed this long before it expires, so that no request carries a dead token. */
const renewBeforeMs = 10_000;

/** A token by the client credentials grant (RFC 6749 4.4), kept until shortly before it expires. */
export async function oauth2Token(config: OAuth2Config, dispatcher: Dispatcher): Promise<string> {
  const known = tokens.get(config);
  if (known && known.expiresMs > Date.now()) {
    return known.value;
  }
  const secret = config.clientSecretFile ? readFileSync(config.clientSecretFile, 'utf8').trim() : config.clientSecret;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: config.clientId,
    client_secret: secret,
    ...(config.scopes.length > 0 ? { scope: config.scopes.join(' ') } : {}),
    ...Object.fromEntries(config.endpointParams),
  });
  const response = await request(config.tokenUrl, {
    method: 'POST',
    dispatcher,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  const answer = (await response.body.json()) as { access_token?: string; expires_in?: number };
  if (response.statusCode !== 200 || typeof answer.access_token !== 'string') {
    throw new Error(`oauth2: ${config.tokenUrl} answered ${response.statusCode} without a token`);
  }
  tokens.set(config, { value: answer.access_token, expiresMs: Date.now() + (answer.expires_in ?? 60) * 1_000 - renewBeforeMs });
  return answer.access_token;
}
