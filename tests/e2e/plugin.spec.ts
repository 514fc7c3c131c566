import { expect, test } from '@grafana/plugin-e2e';

/** Binocle as Grafana's server reaches it; a Binocle that has received some logs in the last hour. */
const url = process.env.BINOCLE_URL ?? 'http://localhost:3100';
const type = 'binocle-logs-datasource';

test.beforeEach(() => {
  test.skip(!process.env.GRAFANA_URL, 'GRAFANA_URL names no Grafana to test in');
});

test('settings: save and test says what was found', async ({ createDataSourceConfigPage, page }) => {
  const config = await createDataSourceConfigPage({ type });
  await page.getByPlaceholder('http://localhost:3100').fill(url);
  await expect(config.saveAndTest()).toBeOK();
  await expect(config).toHaveAlert('success', { hasText: 'Connected to' });
});

test('settings: an address where nothing is gets an error in words', async ({ createDataSourceConfigPage, page }) => {
  const config = await createDataSourceConfigPage({ type });
  await page.getByPlaceholder('http://localhost:3100').fill('http://127.0.0.1:9');
  await config.saveAndTest();
  await expect(config).toHaveAlert('error', { hasText: 'could not reach the server' });
});

test('Explore: a selector gives lines and a histogram', async ({ createDataSource, explorePage, page }) => {
  const source = await createDataSource({ type, name: `e2e-${Date.now()}` });
  await configure(page, source.uid);
  await explorePage.datasource.set(source.name);
  await page.getByTestId('data-testid binocle query editor').getByText('Search', { exact: true }).click();
  await page.getByLabel('Label', { exact: true }).click();
  await page.getByRole('option').first().click();
  await page.getByLabel('Value', { exact: true }).click();
  await page.getByRole('option').first().click();
  await explorePage.runQuery();
  await expect(page.getByText('Logs volume').first()).toBeVisible();
  await expect(page.getByTestId('logRows').or(page.locator('[class*=logs-row]')).first()).toBeVisible();
});

test('a panel with a metric query', async ({ createDataSource, panelEditPage, page }) => {
  const source = await createDataSource({ type, name: `e2e-${Date.now()}` });
  await configure(page, source.uid);
  await panelEditPage.datasource.set(source.name);
  await page.getByTestId('data-testid binocle code field').click();
  await page.keyboard.insertText('sum(count_over_time({job=~".+"}[$__auto]))');
  await page.keyboard.press('Shift+Enter');
  await expect(panelEditPage.panel.getErrorIcon()).not.toBeVisible();
});

test('variables: names and values of labels', async ({ createDataSource, variableEditPage, page }) => {
  const source = await createDataSource({ type, name: `e2e-${Date.now()}` });
  await configure(page, source.uid);
  await variableEditPage.setVariableType('Query');
  await variableEditPage.datasource.set(source.name);
  await expect(page.getByTestId('data-testid binocle variable editor')).toBeVisible();
  await variableEditPage.runQuery();
  await expect(variableEditPage).toDisplayPreviews(['job']);
});

/** Data sources made by the test's fixture have no address yet. */
async function configure(page: import('@playwright/test').Page, uid: string) {
  const current = await (await page.request.get(`/api/datasources/uid/${uid}`)).json();
  const saved = await page.request.put(`/api/datasources/uid/${uid}`, { data: { ...current, url, access: 'proxy' } });
  expect(saved.ok()).toBe(true);
}
