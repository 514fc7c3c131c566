import { expect, type Panel, type PanelEditPage } from '@grafana/plugin-e2e';
import type { Page, Response } from '@playwright/test';
import { test, type, type Source } from './source';

test.skip(!process.env.GRAFANA_URL, 'GRAFANA_URL names no Grafana to test in');

/** The plugin has no part in Grafana's server: its requests go through the data source proxy, not to /api/ds/query. */
const isProxied = (path: string, part = '') => (response: Response) => {
  const url = new URL(response.url());
  return url.pathname.includes('/api/datasources/proxy/') && url.pathname.endsWith(path) && (url.searchParams.get('query') ?? '').includes(part);
};

/** Explore with one query, as an address that Grafana 10.1 to 13 read. */
function exploreAddress(uid: string, expr: string): string {
  const pane = { datasource: uid, queries: [{ refId: 'A', datasource: { type, uid }, expr, queryType: 'range' }], range: { from: 'now-15m', to: 'now' } };
  return `/explore?${new URLSearchParams({ schemaVersion: '1', orgId: '1', panes: JSON.stringify({ one: pane }) })}`;
}

/** Types LogQL into the code field of a panel and runs it as a person does who uses the mouse; answers with what the server said to it. */
async function runQuery(panelEditPage: PanelEditPage, page: Page, expr: string): Promise<Response> {
  await page.getByTestId('data-testid binocle code field').click();
  await page.keyboard.insertText(expr);
  // The button takes the focus, and with it closes the list of completion; the Escape key would be Grafana's to leave the editor.
  return panelEditPage.refreshPanel({ waitForResponsePredicateCallback: isProxied('/query_range', 'count_over_time') });
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

test('Explore: a query in the address gives lines and a histogram by level', async ({ page, selectors, explorePage, source }) => {
  const counted = page.waitForResponse(isProxied('/query_range', 'sum by (__level__)'));
  await page.goto(exploreAddress(source.uid, `{job="e2e"} |= "${source.marker}"`));
  await expect(seen(page, `${source.marker} line 0`), 'a line of this run').toBeVisible();
  expect((await counted).ok(), 'the server counts lines by level').toBe(true);
  for (const level of ['error', 'info']) {
    const legend = explorePage.getByGrafanaSelector(selectors.components.VizLegend.seriesName(level));
    await expect(legend.first(), `${level} in the legend of the histogram`).toBeVisible();
  }
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
  const answer = await runQuery(panelEditPage, page, 'sum by (host) (count_over_time({job="e2e"}[$__auto]))');
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

/** A dashboard with some panels under another, made for one test. */
function dashboardOf({ marker }: Source, panels: object[], more: object = {}): object {
  const placed = panels.map((panel, index) => ({ id: index + 1, gridPos: { x: 0, y: index * 8, w: 24, h: 8 }, ...panel }));
  return { title: `${marker} ${Math.random().toString(36).slice(2, 8)}`, time: { from: 'now-15m', to: 'now' }, panels: placed, ...more };
}

const legend = (panel: Panel, text: string) => panel.locator.getByText(text, { exact: true }).first();

test('a dashboard: a variable in a query, lines, and markers on a graph', async ({ gotoDashboardPage, keptDashboard, page, source }) => {
  const datasource = { type, uid: source.uid };
  const expr = `{job="e2e", host=~"$host"} |= "${source.marker}"`;
  const host = { name: 'host', type: 'query', datasource, query: { refId: 'V', type: 1, label: 'host', stream: '{job="e2e"}' }, refresh: 1, multi: true, includeAll: true, current: { text: ['e2e-1'], value: ['e2e-1'] } };
  const uid = await keptDashboard(
    dashboardOf(
      source,
      [
        { type: 'logs', title: 'Lines', datasource, targets: [{ refId: 'A', datasource, expr, queryType: 'range' }], options: { showTime: true, sortOrder: 'Descending' } },
        { type: 'timeseries', title: 'Count', datasource, targets: [{ refId: 'A', datasource, expr: `sum by (host) (count_over_time(${expr} [$__auto]))`, legendFormat: 'from {{host}}' }] },
      ],
      { templating: { list: [host] }, annotations: { list: [{ name: 'Errors', enable: true, iconColor: 'red', datasource, target: { refId: 'Anno', expr: `${expr} |= "error"`, maxLines: 20 } }] } }
    )
  );
  const marked = page.waitForResponse(isProxied('/query_range', '|= "error"'));
  const dashboard = await gotoDashboardPage({ uid });
  const count = dashboard.getPanelByTitle('Count');
  await expect(dashboard.getPanelByTitle('Lines').locator.getByText(`${source.marker} line 0`).filter({ visible: true }).first(), 'a line in the logs panel').toBeVisible();
  await count.scrollIntoView();
  await expect(legend(count, 'from e2e-1'), 'the legend of the graph').toBeVisible();
  await expect(legend(count, 'from e2e-2'), 'only the chosen value of the variable').toHaveCount(0);
  expect((await marked).ok(), 'the query of the annotation').toBe(true);
});

test('a dashboard: an ad hoc filter narrows every query', async ({ gotoDashboardPage, keptDashboard, source }) => {
  const datasource = { type, uid: source.uid };
  const filter = { name: 'filters', type: 'adhoc', datasource, filters: [{ key: 'host', operator: '=', value: 'e2e-2' }] };
  const panel = { type: 'timeseries', title: 'Filtered', datasource, targets: [{ refId: 'A', datasource, expr: 'sum by (host) (count_over_time({job="e2e"} [$__auto]))', legendFormat: 'from {{host}}' }] };
  const uid = await keptDashboard(dashboardOf(source, [panel], { templating: { list: [filter] } }));
  const filtered = (await gotoDashboardPage({ uid })).getPanelByTitle('Filtered');
  await expect(legend(filtered, 'from e2e-2'), 'what the filter asks for').toBeVisible();
  await expect(legend(filtered, 'from e2e-1'), 'what the filter leaves out').toHaveCount(0);
});

test('a dashboard: of several data sources in a panel, the failure of one query hides no other', async ({ gotoDashboardPage, keptDashboard, source }) => {
  const datasource = { type, uid: source.uid };
  const targets = [
    { refId: 'A', datasource, expr: 'sum by (host) (count_over_time({job="e2e"} [$__auto]))', legendFormat: 'from {{host}}' },
    { refId: 'B', datasource, expr: 'rate({job="e2e"' },
    { refId: 'C', datasource: { type: 'datasource', uid: 'grafana' }, queryType: 'randomWalk' },
  ];
  const uid = await keptDashboard(dashboardOf(source, [{ type: 'timeseries', title: 'Mixed', datasource: { type: 'datasource', uid: '-- Mixed --' }, targets }]));
  const mixed = (await gotoDashboardPage({ uid })).getPanelByTitle('Mixed');
  await expect(legend(mixed, 'from e2e-1'), 'the series of the query that works').toBeVisible();
  await expect(mixed.getErrorIcon(), 'the error of the one that does not').toBeVisible();
});
