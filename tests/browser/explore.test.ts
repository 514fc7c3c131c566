import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { address, picture, startWorld, type World } from './world';

const missing = ['/usr/bin/chromium', '/usr/bin/prometheus', '/usr/bin/prometheus-node-exporter'].filter((file) => !existsSync(file));

describe('the page at /explore with a real Binocle and a real Prometheus', { skip: missing.length > 0 ? `not here: ${missing.join(', ')}` : false }, () => {
  let world: World;
  let page: Page;
  let errors: string[] = [];

  before(async () => {
    world = await startWorld();
  });
  after(async () => {
    await world?.close();
  });
  /** Whatever a test did, a visitor's console must have stayed clean. */
  afterEach(async () => {
    await page?.close();
    assert.deepEqual(errors, []);
  });

  const open = async (where: string) => {
    ({ page, errors } = await world.open(where));
  };
  const left = () => page.getByRole('region', { name: 'Left pane' });
  const right = () => page.getByRole('region', { name: 'Right pane' });
  const lines = (pane: Locator = left()) => pane.getByRole('table', { name: 'Log lines' }).getByRole('button', { expanded: false });
  const run = (pane: Locator = left()) => pane.getByRole('button', { name: 'Run query' }).click();
  const type = async (text: string) => {
    await left().locator('.monaco-editor[role=code]').click();
    await page.keyboard.press('Control+A');
    // As pasted: no brackets that close themselves.
    await page.keyboard.insertText(text);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Shift+Enter');
  };
  const codeText = async () => (await left().locator('.view-lines').innerText()).replace(/\u00a0/g, ' ');

  test('type a selector, see lines and the histogram by level', async () => {
    await open('/explore/');
    await left().locator('.monaco-editor[role=code]').waitFor();
    await type('{job="nginxlogs"}');
    await lines().first().waitFor();
    assert.ok((await lines().count()) > 100);
    await left().getByRole('img', { name: 'Logs volume' }).locator('canvas').waitFor();
    const levels = await left().getByTestId(/VizLegend series/).allInnerTexts();
    assert.deepEqual(levels.map((text) => text.trim()).sort(), ['error', 'info', 'warning']);
    const shown = new Set(await lines().evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.level)));
    assert.deepEqual([...shown].sort(), ['error', 'info', 'warning']);
  });

  test('a text filter marks what it found', async () => {
    await open(address({ expr: '{job="nginxlogs"} |= "POST"' }));
    await lines().first().waitFor();
    assert.equal(await lines().count(), await lines().filter({ hasText: 'POST' }).count());
    assert.equal(await lines().first().locator('mark').innerText(), 'POST');
  });

  test('completion offers labels, values and stages', async () => {
    await open('/explore/');
    await left().locator('.monaco-editor[role=code]').click();
    const offered = (text: string) => page.locator('.suggest-widget .monaco-list-row', { hasText: text }).first();
    await page.keyboard.type('{');
    await offered('hostname').waitFor();
    await page.keyboard.type('job');
    await offered('job').waitFor();
    await page.keyboard.press('Tab');
    await offered('nginxlogs').waitFor();
    await picture(page, 'completion');
    await page.keyboard.type('ngi');
    await page.keyboard.press('Tab');
    await page.keyboard.press('End');
    await page.keyboard.type(' ');
    await offered('|= contains').waitFor();
    assert.match(await codeText(), /^\{job="nginxlogs"\} ?$/);
  });

  test('a mistake is marked where it is, and the server says the same', async () => {
    await open('/explore/');
    await left().locator('.monaco-editor[role=code]').waitFor();
    await type('{job="nginxlogs"} |= ');
    await left().locator('.squiggly-error').waitFor();
    await left().getByText('The query failed').waitFor();
    await left().getByText(/parse error at line 1/).waitFor();
    // The browser notes the answer 400 by itself; nothing else may be there.
    errors = errors.filter((text) => !/status of 400/.test(text));
  });

  test('filter for and filter out with the buttons of a line', async () => {
    await open(address({ expr: '{hostname="web1"} | logfmt' }));
    await lines().filter({ hasText: 'took=' }).first().click();
    const details = left().getByRole('group', { name: 'Details of the line' });
    await details.getByText('Parsed fields').waitFor();
    await details.getByRole('button', { name: /^Filter for job app/ }).click();
    await page.waitForFunction(() => decodeURIComponent(location.search).includes('job=\\"app\\"'));
    const status = await details.getByRole('button', { name: /^Filter out status/ }).first().getAttribute('aria-label');
    await details.getByRole('button', { name: /^Filter out status/ }).first().click();
    await page.waitForFunction(() => decodeURIComponent(location.search.replace(/\+/g, ' ')).includes('| status!='));
    assert.match(await codeText(), new RegExp(`\\{hostname="web1", job="app"\\} \\| logfmt \\| status!="${status?.split(' ').pop()}"`));
  });

  test('a metric query is a graph', async () => {
    await open(address({ expr: 'sum by (hostname) (rate({job=~".+"}[$__auto]))', legendFormat: '{{hostname}}' }));
    await left().getByRole('img', { name: 'Graph' }).locator('canvas').waitFor();
    await left().getByTestId('data-testid VizLegend series web1').waitFor();
    assert.equal(await left().getByTestId(/VizLegend series/).count(), 2);
  });

  test('an instant query is a table', async () => {
    await open(address({ expr: 'topk(2, sum by (job) (count_over_time({job=~".+"}[$__range])))', queryType: 'instant' }));
    await left().getByRole('columnheader', { name: 'job' }).waitFor();
    assert.equal(await left().getByRole('row').count(), 3);
  });

  for (const theme of ['dark', 'light']) {
    test(`split with Prometheus, ${theme}`, async () => {
      await open(address({ expr: '{job="nginxlogs"}' }, undefined, { theme }));
      await lines().first().waitFor();
      await page.getByRole('button', { name: 'Split', exact: true }).click();
      await right().getByRole('img', { name: 'Graph' }).locator('canvas').waitFor();
      await right().getByText('web1:9100').first().waitFor();
      await picture(page, `split-${theme}`);
      await page.getByRole('button', { name: 'Split', exact: true }).click();
      assert.equal(await right().count(), 0);
    });
  }

  test('from a line to the metric of its machine, in the other pane', async () => {
    await open(address({ expr: '{job="nginxlogs", hostname="web1"}' }));
    await lines().filter({ hasText: '502' }).first().click();
    await left().getByRole('button', { name: 'node_load1', exact: true }).click();
    assert.equal(await right().getByLabel('PromQL query').inputValue(), 'node_load1{instance=~"web1(:[0-9]+)?"}');
    await right().getByText('web1:9100').first().waitFor();
    await picture(page, 'line-to-metric');
  });

  test('changing the data source carries the labels over, and back', async () => {
    await open(address({ expr: '{hostname="web1", job="app"} |= "x"' }));
    const choose = async (name: string) => {
      await left().getByLabel('Data source').click();
      await page.getByRole('option', { name }).click();
    };
    await left().locator('.monaco-editor[role=code]').waitFor();
    await choose('Prometheus');
    await left().getByLabel('PromQL query').waitFor();
    assert.equal(await left().getByLabel('PromQL query').inputValue(), 'node_load1{instance=~"web1(:[0-9]+)?"}');
    await left().getByLabel('PromQL query').fill('node_load1{instance="web1:9100"}');
    await choose('Binocle');
    await lines().first().waitFor();
    assert.equal(await codeText(), '{hostname="web1"}');
  });

  test('the builder makes a query without typing LogQL', async () => {
    await open(address({ expr: '', editorMode: 'builder' }));
    const builder = left().getByTestId('data-testid binocle builder');
    const choose = async (label: string, option: string) => {
      await builder.getByLabel(label, { exact: true }).first().click();
      await page.getByRole('option', { name: option, exact: false }).first().click();
    };
    await choose('Label', 'job');
    await choose('Value', 'app');
    await builder.getByText('Operations').click();
    await page.getByText('Formats', { exact: true }).click();
    await page.getByText('Logfmt', { exact: true }).click();
    await builder.getByText('Operations').click();
    await page.getByText('Aggregations', { exact: true }).click();
    await page.getByText('avg', { exact: true }).click();
    assert.equal(await builder.getByLabel('Query text').innerText(), 'avg(rate({job="app"} | logfmt [$__auto]))');
    await left().getByText('Explain').click();
    await builder.getByLabel('Explanation').waitFor();
    await run();
    await left().getByRole('img', { name: 'Graph' }).locator('canvas').waitFor();
    await picture(page, 'builder');
    await left().getByRole('radio', { name: 'Code' }).dispatchEvent('click');
    await left().locator('.view-line', { hasText: 'logfmt' }).waitFor();
    assert.match(await codeText(), /avg\(rate\(\{job="app"\} \| logfmt \[\$__auto\]\)\)/);
  });

  test('the search box needs no query language', async () => {
    await open(address({ expr: '{job="nginxlogs"}', editorMode: 'simple' }, undefined, { theme: 'light' }));
    const search = left().getByTestId('data-testid binocle search');
    await search.getByPlaceholder(/Words in the line/).fill('LOGIN -post');
    await page.keyboard.press('Enter');
    await lines().filter({ hasText: '/login' }).first().waitFor();
    await page.waitForFunction(() => !document.querySelector('[aria-label="Log lines"]')?.textContent?.includes('POST'));
    await search.getByRole('button', { name: 'error', exact: true }).click();
    await page.waitForFunction(() => [...document.querySelectorAll('[aria-label="Log lines"] [data-level]')].every((row) => (row as HTMLElement).dataset.level === 'error'));
    assert.ok((await lines().count()) > 0);
    await picture(page, 'search-light');
  });

  test('the label browser finds streams by pointing', async () => {
    await open('/explore/');
    await left().getByRole('button', { name: 'Label browser' }).click();
    const browser = page.getByRole('dialog');
    await browser.getByRole('button', { name: 'hostname' }).click();
    await browser.getByRole('button', { name: /^web1/ }).click();
    await browser.getByRole('button', { name: 'job', exact: true }).click();
    const jobs = browser.getByRole('group', { name: 'Values of job' });
    await jobs.getByRole('button', { name: /^app/ }).waitFor();
    // web2 has the only other job: choices are narrowed by what is chosen.
    assert.equal(await jobs.getByRole('button', { name: /^varlogs/ }).count(), 0);
    await jobs.getByRole('button', { name: /^app/ }).click();
    await browser.getByRole('button', { name: 'Validate selector' }).click();
    await browser.getByText('1 stream matches').waitFor();
    await picture(page, 'label-browser');
    await browser.getByRole('button', { name: 'Show logs', exact: true }).click();
    await lines().filter({ hasText: 'handled request' }).first().waitFor();
    assert.match(await codeText(), /\{hostname="web1", job="app"\}/);
  });

  test('a hint adds the parser that fits', async () => {
    await open(address({ expr: '{job="shop"}' }));
    await left().getByRole('button', { name: 'parse them with json' }).click();
    await page.waitForFunction(() => decodeURIComponent(location.search.replace(/\+/g, ' ')).includes('| json'));
    await lines().first().click();
    await left().getByText('user_id').first().waitFor();
  });

  test('what a query will read is said before it runs', async () => {
    await open(address({ expr: '{job="shop"}' }));
    await left().getByText(/Will read about .* lines of 1 stream/).waitFor();
  });

  test('context shows the neighbours of a line, also of the whole machine', async () => {
    await open(address({ expr: '{filename="/var/log/nginx/error.log"}' }));
    await lines().nth(3).click();
    await left().getByRole('button', { name: 'Show context' }).click();
    const context = page.getByRole('dialog');
    const inside = context.getByLabel('Context lines').locator('> div');
    await inside.nth(5).waitFor();
    assert.equal(await context.getByText('handled request').count(), 0);
    await context.getByRole('radio', { name: 'Same host' }).dispatchEvent('click');
    await context.getByText('handled request').first().waitFor();
    await picture(page, 'context');
  });

  test('live lines come by themselves', async () => {
    await open(address({ expr: '{job="live"}' }));
    await left().getByRole('button', { name: 'Live' }).click();
    await left().getByRole('button', { name: 'Live' }).getByText('Stop live').waitFor();
    await world.push([{ stream: { job: 'live' }, values: [[`${Date.now()}000000`, 'level=error msg="just now"']] }]);
    await lines().filter({ hasText: 'just now' }).waitFor();
    assert.equal(await lines().first().getAttribute('data-level'), 'error');
    await world.push([{ stream: { job: 'live' }, values: [[`${Date.now()}000000`, 'level=info msg="and later"']] }]);
    await lines().filter({ hasText: 'and later' }).waitFor();
    assert.equal(await lines().count(), 2);
  });

  test('which metric moved: the load comes out on top', async () => {
    await open(address({ expr: '{job="nginxlogs"}' }));
    await left().getByText('Errors only').click();
    await left().getByRole('button', { name: 'Which metric moved?' }).click();
    const first = left().getByRole('list', { name: 'Metrics that moved' }).getByRole('listitem').first();
    await first.waitFor({ timeout: 60_000 });
    await picture(page, 'moved');
    assert.match(await first.innerText(), /node_load1/);
    await first.getByRole('link', { name: 'Open in split' }).click();
    await right().getByText('web1:9100').first().waitFor();
  });

  test('metrics and lines in one pane', async () => {
    await open(address({ expr: '{job="nginxlogs", hostname="web1"}', withMetrics: true }));
    await left().getByRole('img', { name: 'Graph' }).locator('canvas').waitFor();
    await lines().first().waitFor();
    await picture(page, 'metrics-beside');
  });

  test('dragging over the histogram zooms', async () => {
    await open(address({ expr: '{job="nginxlogs"}' }));
    const canvas = left().getByRole('img', { name: 'Logs volume' }).locator('.u-over');
    const box = await canvas.boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + box.width * 0.4, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 30, { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction(() => /"from":"\d{13}"/.test(decodeURIComponent(location.search)));
    const { from, to } = JSON.parse(new URL(page.url()).searchParams.get('panes')!).left.range;
    assert.ok(Number(to) - Number(from) < 20 * 60_000);
  });

  test('the settings: save and test, derived fields tried on a line', async () => {
    await open('/explore/?page=config');
    await page.getByRole('button', { name: 'Add derived field' }).click();
    const field = page.getByRole('group', { name: /Derived field/ });
    await field.getByLabel('Name').fill('trace');
    await field.getByLabel('Regex').fill('trace_id=(\\w+)');
    await field.getByLabel('URL').fill('https://traces.example.com/${__value.raw}');
    await page.getByLabel('Line to try derived fields on').fill('level=info trace_id=abc123');
    await page.getByText('https://traces.example.com/abc123').waitFor();
    await page.getByRole('button', { name: 'Find pairs' }).click();
    await page.getByText(/hostname = instance/).waitFor();
    await page.getByRole('button', { name: 'Save & test' }).click();
    await page.getByText(/Connected to Binocle .*Live tail works/).waitFor();
    await picture(page, 'settings');
  });
});
