import type { IncomingMessage } from 'node:http';
import { RequestError, badRequest } from '../model/errors';
import type { AppSettings } from './deps';

/** Who asks, from `X-Scope-OrgID`, by the rules of dskit's tenant package. Without `auth_enabled` everybody is `fake`, as in Loki. */

const tenantBytesMax = 150;
const tenantName = /^[A-Za-z0-9!\-_.*'()]+$/;
/** Tenants in one query: each is a scan of its own. */
const tenantsMax = 64;

type Asking = Pick<AppSettings, 'authEnabled' | 'multiTenantQueries'>;

/** The one tenant of a request that writes or follows. */
export function tenantOf(request: IncomingMessage, settings: Asking): string {
  const tenants = tenantsOf(request, { ...settings, multiTenantQueries: true });
  if (tenants.length > 1) {
    throw badRequest('multiple org IDs present');
  }
  return tenants[0];
}

/** The tenants of a query: `a|b` where `multi_tenant_queries_enabled` allows it; sorted, each once. */
export function tenantsOf(request: IncomingMessage, settings: Asking): string[] {
  if (!settings.authEnabled) {
    return ['fake'];
  }
  const header = request.headers['x-scope-orgid'];
  if (typeof header !== 'string' || header === '') {
    throw new RequestError(401, 'no org id');
  }
  const tenants = [...new Set(header.split('|'))].sort();
  if (tenants.length > 1 && !settings.multiTenantQueries) {
    throw badRequest('multiple org IDs present');
  }
  if (tenants.length > tenantsMax) {
    throw badRequest(`more than ${tenantsMax} tenants in one query`);
  }
  tenants.forEach(checkTenant);
  return tenants;
}

function checkTenant(tenant: string): void {
  if (tenant === '') {
    throw new RequestError(401, 'no org id');
  }
  if (tenant.length > tenantBytesMax) {
    throw badRequest(`tenant ID is too long: max ${tenantBytesMax} characters`);
  }
  if (tenant === '.' || tenant === '..') {
    throw badRequest(`tenant ID is '.' or '..'`);
  }
  if (!tenantName.test(tenant)) {
    const found = [...tenant].find((char) => !tenantName.test(char)) ?? '';
    throw badRequest(`tenant ID '${tenant}' contains unsupported character '${found}'`);
  }
}
