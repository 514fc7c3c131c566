import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type Visitor } from './visitor';

/** What dashboards ask of a data source: variables, ad hoc filters, annotations. */
export function dashboardTests(visitor: Visitor): void {
  const region = (name: string) => visitor.page.getByRole('region', { name, exact: true });
  const open = (query: Record<string, unknown>) => visitor.open(address(query, undefined, { page: 'dashboard' }));
  const series = () => region('Panel').locator('[data-testid^="data-testid VizLegend series"], [aria-label^="VizLegend series"]');
  const choose = async (where: string, field: string, option: string) => {
    await region(where).getByLabel(field, { exact: true }).click();
    await visitor.option(option).click();
  };

  test('a variable with the values of a label, in a query for one and for several', async () => {
    await open({ expr: 'sum by (hostname) (count_over_time({hostname=~"$host"} [$__auto]))', legendFormat: '{{hostname}}' });
    await choose('Variable', 'Query type', 'Label values');
    await choose('Variable', 'Label', 'hostname');
    await choose('Variable', 'Value of $host', 'web2');
    await series().getByText('web2').waitFor();
    await visitor.untilCount(series(), 1);
    const asked = visitor.page.waitForRequest((request) => decodeURIComponent(request.url()).includes('(web2|web1)'));
    await choose('Variable', 'Value of $host', 'web1');
    await asked;
    await series().getByText('web1').waitFor();
    await visitor.untilCount(series(), 2);
    await visitor.screen('dashboard');
  });

  test('the editor of a variable fits into a narrow window', async () => {
    await open({ expr: '' });
    const { width, height } = visitor.page.viewportSize()!;
    await visitor.page.setViewportSize({ width: 400, height });
    await visitor.until(async () => {
      const box = await region('Variable').getByLabel('Stream selector').boundingBox();
      assert.ok(box && box.x + box.width <= 400 - 16, JSON.stringify(box));
    });
    await visitor.page.setViewportSize({ width, height });
  });

  test('completion offers the variables of the dashboard', async () => {
    await open({ expr: '' });
    await choose('Variable', 'Query type', 'Label values');
    await choose('Variable', 'Label', 'hostname');
    await choose('Variable', 'Value of $host', 'web1');
    await region('Panel').locator('.monaco-editor[role=code]').click();
    await visitor.page.keyboard.insertText('{hostname=~"');
    await visitor.page.keyboard.type('$');
    await visitor.offered('$host').waitFor();
  });

  test('an ad hoc filter: keys and values are offered, a label narrows the streams, a field the lines', async () => {
    await open({ expr: 'sum by (hostname) (count_over_time({job=~".+"} [$__auto]))', legendFormat: '{{hostname}}' });
    await series().nth(1).waitFor();
    await choose('Ad hoc filter', 'Key', 'hostname');
    await choose('Ad hoc filter', 'Filter value', 'web2');
    await visitor.untilCount(series(), 1);
    await series().getByText('web2').waitFor();
    await open({ expr: 'sum by (tenant) (count_over_time({job="api"} [$__auto]))', legendFormat: '{{tenant}}' });
    await series().nth(1).waitFor();
    await choose('Ad hoc filter', 'Key', 'tenant');
    const asked = visitor.page.waitForRequest((request) => /\{job="api"\} \| tenant="acme"/.test(decodeURIComponent(request.url()).replace(/\+/g, ' ')));
    await choose('Ad hoc filter', 'Filter value', 'acme');
    await asked;
    await series().getByText('acme').waitFor();
    await visitor.screen('ad-hoc-filter');
  });

  test('an annotation: lines become markers with title, text and tags', async () => {
    await open({ expr: 'sum(count_over_time({job="app"} [$__auto]))' });
    const annotation = region('Annotation');
    await annotation.getByRole('button', { name: 'Label browser' }).waitFor();
    await visitor.untilCount(annotation.getByRole('button', { name: 'Which metric moved?' }), 0);
    await annotation.locator('.monaco-editor[role=code]').click();
    await visitor.page.keyboard.insertText('{job="app"} |= "level=error" | logfmt');
    await visitor.page.keyboard.press('Escape');
    await annotation.getByLabel('Title', { exact: true }).fill('{{hostname}} failed with {{status}}');
    await annotation.getByLabel('Text', { exact: true }).fill('{{msg}}');
    await annotation.getByLabel('Tags', { exact: true }).fill('job, level');
    await annotation.getByLabel('Title', { exact: true }).focus();
    await annotation.getByRole('button', { name: 'Show markers' }).click();
    const marker = annotation.getByRole('list', { name: 'Markers' }).getByRole('listitem').first();
    await visitor.until(async () => assert.match(await marker.innerText(), /^web1 failed with 50\d handled request app, error$/));
    await visitor.screen('annotations');
  });
}
