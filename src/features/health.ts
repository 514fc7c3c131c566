import type { TestDataSourceResponse } from '@grafana/data';
import { lastValueFrom } from 'rxjs';
import { plural, t } from '../i18n';
import { toApiError, type ApiError, type LogApi, type NsRange } from '../api';

/** How long the live connection may take to open before it counts as blocked; what blocks it mostly says so at once. */
const socketMs = 8000;

/** Asks real questions of the server and says in words what works and what doesn't. */
export async function checkHealth(api: LogApi, range: NsRange, openSocket: (url: string) => WebSocket = (url) => new WebSocket(url)): Promise<TestDataSourceResponse> {
  try {
    const answer = await lastValueFrom(api.queryInstant({ expr: 'vector(1)+vector(1)', timeNs: range.endNs }));
    const { data } = answer ?? {};
    if (data?.resultType !== 'vector' || Number(data.result[0]?.value[1]) !== 2) {
      return failure(t('health.notLogs', 'Something answers at this address, but it is neither Binocle nor Loki: it did not compute 1 + 1. Check the URL.'));
    }
  } catch (error) {
    return failure(reason(toApiError(error)));
  }
  const [flavour, version, labels] = await Promise.all([api.flavour(), api.buildInfo().then((info) => (/binocle/i.test(info.branch) ? info.revision : info.version), () => ''), api.labels(range).catch(() => [])]);
  const server = `${flavour === 'binocle' ? 'Binocle' : 'Loki'}${version ? ` ${version.replace(/^binocle[- /]?/i, '')}` : ''}`;
  if (labels.length === 0) {
    return { status: 'warning', message: t('health.noLogs', 'Connected to {{server}}, but it has received no logs in the last day. Check that an agent is sending to it.', { server }) };
  }
  const live = await socketOpens(api.tailUrl(`{${labels[0]}=~".+"}`, range.endNs, 1), openSocket);
  const about = plural('health.connected', labels.length, { one: 'Connected to {{server}}: {{count}} label, {{examples}}.', other: 'Connected to {{server}}: {{count}} labels, such as {{examples}}.' }, { server, examples: labels.slice(0, 3).join(', ') });
  return {
    status: 'success',
    message: `${about} ${live ? t('health.live', 'Live tail works.') : t('health.polled', 'Live tail cannot open a WebSocket through Grafana (a proxy may block it): lines will be polled instead.')}`,
  };
}

function failure(message: string): TestDataSourceResponse {
  return { status: 'error', message };
}

/** What Grafana's proxy makes of any 401 of the server, with status 400 and without what the server said. */
const refusedByServer = 'Authentication to data source failed';

function reason({ status, message }: ApiError): string {
  if (message.includes(refusedByServer)) {
    return t('health.unauthorized', 'The server refused the request (401). It asks for credentials, to be set under Auth, or for a tenant: the header X-Scope-OrgID under HTTP headers.');
  }
  switch (status) {
    case 0:
      return t('health.noAnswer', "No answer: {{message}}. Check that the server runs and that the URL is reachable from Grafana's server.", { message });
    case 401:
      return message.includes('org id') ? t('health.tenant', 'The server asks for a tenant: add the header X-Scope-OrgID under HTTP headers.') : t('health.credentials', 'The server refused the credentials (401): {{message}}', { message });
    case 403:
      return t('health.refused', 'Access was refused (403): {{message}}', { message });
    case 404:
      return t('health.notFound', 'Something answers at this address, but not with a log API (404). Check the URL: it should end before /loki.');
    case 502:
    case 503:
    case 504:
      return t('health.unreachable', "Grafana could not reach the server ({{status}}): {{message}}. Check that it runs and that the URL is reachable from Grafana's server, for example from inside its container.", { status, message });
    default:
      return t('health.error', 'The server answered with an error ({{status}}): {{message}}', { status, message });
  }
}

function socketOpens(url: string, openSocket: (url: string) => WebSocket): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openSocket(url);
    const finish = (opened: boolean) => {
      clearTimeout(timer);
      socket.onclose = socket.onopen = socket.onerror = null;
      socket.close();
      resolve(opened);
    };
    const timer = setTimeout(() => finish(false), socketMs);
    socket.onopen = () => finish(true);
    socket.onclose = () => finish(false);
  });
}
