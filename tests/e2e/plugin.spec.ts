import { expect } from '@grafana/plugin-e2e';
import type { Page, Response } from '@playwright/test';
import { test, type } from './source';

test.skip(!process.env.GRAFANA_URL, 'GRAFANA_URL names no Grafana to test in');

/** The plugin has no part in Grafana's server: its requests go through the data source proxy, not to /api/ds/query. */
const isProxied = (path: string) => (response: Response) => response.url().includes('/api/datasources/proxy/') && response.url().includes(path);

/** Explore with one query, as an address that Grafana 10.1 to 13 read. */
function exploreAddress(uid: string, expr: string): string {
  const pane = { datasource: uid, queries: [{ refId: 'A', datasource: { type, uid }, expr, queryType: 'range' }], range: { from: 'now-15m', to: 'now' } };
  return `/explore?${new URLSearchParams({ schemaVersion: '1', orgId: '1', panes: JSON.stringify({ one: pane }) })}`;
}

/** Types LogQL into the code field and runs it; answers with what the server said to it. */
async function runQuery(page: Page, expr: string): Promise<Response> {
  const answered = page.waitForResponse(isProxied('/query_range'));
  await page.getByTestId('data-testid binocle code field').click();
  await page.keyboard.insertText(expr);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Shift+Enter');
  return answered;
}

const seen = (page: Page, text: string) => page.getByText(text).filter({ visible: true }).first();

/** An item of an open select; in older Grafanas items have no role. */
const choose = (page: Page, text: string) => page.locator('[role=option], [data-testid="data-testid Select option"], [aria-label="Select option"]').filter({ hasText: new RegExp(`^${text}`) }).first().click();

test('settings: save and test says what was found', async ({ createDataSourceConfigPage, page, source }) => {
  const config = await createDataSourceConfigPage({ type, name: `${source.marker} settings` });
  await page.getByPlaceholder('http://localhost:3100').fill(source.url);
  await expect(config.saveAndTest({ path: '/api/datasources/proxy/' })).toBeOK();
  await expect(config).toHaveAlert('success', { hasText: 'Connected to' });
});

test('settings: an address where nothing is gets an error in words', async ({ createDataSourceConfigPage, page, source }) => {
  const config = await createDataSourceConfigPage({ type, name: `${source.marker} nowhere` });
  await page.getByPlaceholder('http://localhost:3100').fill('http://127.0.0.1:9');
  await config.saveAndTest({ path: '/api/datasources/proxy/' });
  await expect(config).toHaveAlert('error', { hasText: 'could not reach the server' });
});

test('Explore: a query in the address gives lines and a histogram', async ({ page, source }) => {
  await page.goto(exploreAddress(source.uid, `{job="e2e"} |= "${source.marker}"`));
  await expect(seen(page, `${source.marker} line 0`), 'a line of this run').toBeVisible();
  await expect(seen(page, 'Logs volume'), 'the histogram').toBeVisible();
});

test('Explore: the search box finds lines without LogQL', async ({ explorePage, page, source }) => {
  await explorePage.datasource.set(source.name);
  const editor = page.getByTestId('data-testid binocle query editor');
  await editor.getByText('Search', { exact: true }).click();
  const search = editor.getByTestId('data-testid binocle search');
  await search.getByLabel('Label', { exact: true }).click();
  await choose(page, 'job');
  await search.getByLabel('Value', { exact: true }).click();
  await choose(page, 'e2e');
  await search.getByPlaceholder(/Words in the line/).fill(source.marker);
  const answered = page.waitForResponse(isProxied('/query_range'));
  await page.keyboard.press('Enter');
  expect((await answered).ok(), 'the server answers the query').toBe(true);
  await expect(seen(page, `${source.marker} line 0`), 'a line of this run').toBeVisible();
});

test('a panel with a metric query', async ({ panelEditPage, page, source }) => {
  await panelEditPage.datasource.set(source.name);
  const answer = await runQuery(page, 'sum by (host) (count_over_time({job="e2e"}[$__auto]))');
  expect((await answer.json()).data.result.length, 'series of both hosts').toBe(2);
  await expect(panelEditPage.panel.locator.getByText('e2e-1').first(), 'the legend').toBeVisible();
  await expect(panelEditPage.panel.getErrorIcon()).not.toBeVisible();
});

test('variables: the values of a label', async ({ variableEditPage, page, source }) => {
  await variableEditPage.datasource.set(source.name);
  const editor = page.getByTestId('data-testid binocle variable editor');
  await editor.getByLabel('Query type').click();
  await choose(page, 'Label values');
  await editor.getByLabel('Label', { exact: true }).click();
  await choose(page, 'host');
  await variableEditPage.runQuery();
  await expect(variableEditPage).toDisplayPreviews(['e2e-1', 'e2e-2']);
});

test('a dashboard: a variable in a query, lines, and markers on a graph', async ({ page, request, source }) => {
  const datasource = { type, uid: source.uid };
  const expr = `{job="e2e", host=~"$host"} |= "${source.marker}"`;
  const dashboard = {
    title: source.marker,
    time: { from: 'now-15m', to: 'now' },
    templating: { list: [{ name: 'host', type: 'query', datasource, query: { refId: 'V', type: 1, label: 'host', stream: '{job="e2e"}' }, refresh: 1, multi: true, includeAll: true, current: { text: ['e2e-1'], value: ['e2e-1'] } }] },
    annotations: { list: [{ name: 'Errors', enable: true, iconColor: 'red', datasource, target: { refId: 'Anno', expr: `${expr} |= "error"`, maxLines: 20 } }] },
    panels: [
      { id: 1, type: 'logs', title: 'Lines', gridPos: { x: 0, y: 0, w: 24, h: 10 }, datasource, targets: [{ refId: 'A', datasource, expr, queryType: 'range' }], options: { showTime: true, sortOrder: 'Descending' } },
      { id: 2, type: 'timeseries', title: 'Count', gridPos: { x: 0, y: 10, w: 24, h: 8 }, datasource, targets: [{ refId: 'A', datasource, expr: `sum by (host) (count_over_time(${expr} [$__auto]))`, legendFormat: 'from {{host}}' }] },
    ],
  };
  const saved = await request.post('/api/dashboards/db', { data: { dashboard, overwrite: true } });
  expect(saved.ok(), `saving a dashboard: ${await saved.text()}`).toBe(true);
  const { uid } = await saved.json();
  try {
    const markers = page.waitForResponse((response) => isProxied('/query_range')(response) && decodeURIComponent(response.url()).includes('|= "error"'));
    await page.goto(`/d/${uid}`);
    await expect(seen(page, `${source.marker} line 0`), 'a line in the logs panel').toBeVisible();
    await expect(seen(page, 'from e2e-1'), 'the legend of the graph').toBeVisible();
    await expect(page.getByText('from e2e-2'), 'only the chosen value of the variable').toHaveCount(0);
    expect((await markers).ok(), 'the query of the annotation').toBe(true);
  } finally {
    await request.delete(`/api/dashboards/uid/${uid}`);
  }
});
