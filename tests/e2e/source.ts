import { expect, test as base } from '@grafana/plugin-e2e';
import type { APIRequestContext, APIResponse } from '@playwright/test';

/** What the tests need of the Grafana they are pointed at. Whatever is missing is said in words. */

export const type = 'binocle-logs-datasource';

export interface Source {
  uid: string;
  name: string;
  /** Binocle as Grafana's server reaches it. */
  url: string;
  /** A text that only lines of this run have; half of them are of `host="e2e-1"`, half of `host="e2e-2"`. */
  marker: string;
}

/** Where Binocle is, seen from Grafana's server: as asked for, else as provisioned, else on the same machine. */
async function addressOfBinocle(api: APIRequestContext): Promise<string> {
  const all = (await (await api.get('/api/datasources')).json()) as Array<{ type: string; url?: string }>;
  return process.env.BINOCLE_URL ?? all.find((one) => one.type === type && one.url)?.url ?? 'http://localhost:3100';
}

async function must(answer: APIResponse, what: string): Promise<APIResponse> {
  if (!answer.ok()) {
    throw new Error(`${what} Grafana answered ${answer.status()}: ${(await answer.text()).slice(0, 300)}`);
  }
  return answer;
}

async function checkGrafana(api: APIRequestContext): Promise<void> {
  await must(await api.get('/api/health'), 'GRAFANA_URL does not lead to a Grafana.');
  await must(await api.get('/api/admin/settings'), 'GRAFANA_ADMIN_USER and GRAFANA_ADMIN_PASSWORD (admin and admin unless given) are not those of a Grafana administrator.');
  await must(
    await api.get(`/api/plugins/${type}/settings`),
    `The plugin is not installed in this Grafana: put dist/ at plugins/${type} of its data folder, allow it with GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS=${type}, and start Grafana anew.`
  );
}

/** Forty lines of the last minutes, sent through Grafana's proxy as nothing else can be expected to reach Binocle from here. */
async function pushLines(api: APIRequestContext, { uid, url, marker }: Source): Promise<void> {
  const now = Date.now();
  const values = (host: number) => Array.from({ length: 20 }, (_, index) => [`${now - (index * 2 + host) * 5000}000000`, `level=${index % 4 === 0 ? 'error' : 'info'} msg="${marker} line ${index}"`]);
  const streams = [1, 2].map((host) => ({ stream: { job: 'e2e', host: `e2e-${host}` }, values: values(host) }));
  await must(
    await api.post(`/api/datasources/proxy/uid/${uid}/loki/api/v1/push`, { data: { streams } }),
    `Lines could not be sent to Binocle at ${url} through Grafana: BINOCLE_URL must be an address that Grafana's server reaches (inside a container, localhost is the container).`
  );
}

/** Tests with a data source of their own. It is there before any page opens: Grafana's pages know the data sources of the moment they load. */
export const test = base.extend<{ made: void; clean: void; keptDashboard: (dashboard: object) => Promise<string> }, { source: Source }>({
  source: [
    async ({ playwright }, use) => {
      const api = await playwright.request.newContext({
        baseURL: process.env.GRAFANA_URL,
        httpCredentials: { username: process.env.GRAFANA_ADMIN_USER ?? 'admin', password: process.env.GRAFANA_ADMIN_PASSWORD ?? 'admin', send: 'always' },
      });
      await checkGrafana(api);
      const marker = `e2e${Date.now().toString(36)}`;
      const url = await addressOfBinocle(api);
      const answer = await must(await api.post('/api/datasources', { data: { type, name: marker, url, access: 'proxy' } }), 'A data source could not be made.');
      const source = { uid: (await answer.json()).datasource.uid, name: marker, url, marker };
      try {
        await pushLines(api, source);
        await use(source);
      } finally {
        await api.delete(`/api/datasources/uid/${source.uid}`);
        await api.dispose();
      }
    },
    { scope: 'worker' },
  ],
  made: [async ({ source }, use) => use(void source), { auto: true }],
  /** Saves a dashboard for the length of a test; answers its uid. */
  keptDashboard: async ({ request }, use) => {
    const saved: string[] = [];
    await use(async (dashboard) => {
      const answer = await must(await request.post('/api/dashboards/db', { data: { dashboard, overwrite: true } }), 'A dashboard could not be saved.');
      saved.push((await answer.json()).uid);
      return saved[saved.length - 1];
    });
    await Promise.all(saved.map((uid) => request.delete(`/api/dashboards/uid/${uid}`)));
  },
  /** Whatever a test did, the plugin must not have complained in the console. What Grafana itself says there is not ours. */
  clean: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on('pageerror', (error) => error.stack?.includes(type) && complaints.push(`page error: ${error.stack}`));
      page.on('console', (message) => message.type() === 'error' && message.location().url.includes(`/plugins/${type}/`) && complaints.push(`console: ${message.text()}`));
      await use();
      expect(complaints, 'errors of the plugin in the console').toEqual([]);
    },
    { auto: true },
  ],
});
