import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type Visitor } from './visitor';

/** Reading lines: what Explore does with a logs source. */
export function exploreTests(visitor: Visitor): void {
  test('type a selector, see lines and the histogram by level', async () => {
    await visitor.open('/explore/');
    await visitor.editor.waitFor();
    await visitor.pasteAndRun('{job="nginxlogs"}');
    await visitor.lines().first().waitFor();
    assert.ok((await visitor.lines().count()) > 100);
    await visitor.left.getByRole('img', { name: 'Logs volume' }).locator('canvas').waitFor();
    const levels = await visitor.left.getByTestId(/VizLegend series/).allInnerTexts();
    assert.deepEqual(levels.map((text) => text.trim()).sort(), ['error', 'info', 'warning']);
    const shown = new Set(await visitor.lines().evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.level)));
    assert.deepEqual([...shown].sort(), ['error', 'info', 'warning']);
  });

  test('a text filter marks what it found', async () => {
    await visitor.open(address({ expr: '{job="nginxlogs"} |= "POST"' }));
    await visitor.lines().first().waitFor();
    assert.equal(await visitor.lines().count(), await visitor.lines().filter({ hasText: 'POST' }).count());
    assert.equal(await visitor.lines().first().locator('mark').innerText(), 'POST');
  });

  test('filter for and filter out with the buttons of a line', async () => {
    await visitor.open(address({ expr: '{hostname="web1"} | logfmt' }));
    await visitor.lines().filter({ hasText: 'took=' }).first().click();
    const details = visitor.left.getByRole('group', { name: 'Details of the line' });
    await details.getByText('Parsed fields').waitFor();
    await details.getByRole('button', { name: /^Filter for job app/ }).click();
    await visitor.page.waitForFunction(() => decodeURIComponent(location.search).includes('job=\\"app\\"'));
    const status = await details.getByRole('button', { name: /^Filter out status/ }).first().getAttribute('aria-label');
    await details.getByRole('button', { name: /^Filter out status/ }).first().click();
    await visitor.page.waitForFunction(() => decodeURIComponent(location.search.replace(/\+/g, ' ')).includes('| status!='));
    assert.match(await visitor.codeText(), new RegExp(`\\{hostname="web1", job="app"\\} \\| logfmt \\| status!="${status?.split(' ').pop()}"`));
  });

  test('a metric query is a graph', async () => {
    await visitor.open(address({ expr: 'sum by (hostname) (rate({job=~".+"}[$__auto]))', legendFormat: '{{hostname}}' }));
    await visitor.left.getByRole('img', { name: 'Graph' }).locator('canvas').waitFor();
    await visitor.left.getByTestId('data-testid VizLegend series web1').waitFor();
    assert.equal(await visitor.left.getByTestId(/VizLegend series/).count(), 2);
  });

  test('an instant query is a table', async () => {
    await visitor.open(address({ expr: 'topk(2, sum by (job) (count_over_time({job=~".+"}[$__range])))', queryType: 'instant' }));
    await visitor.left.getByRole('columnheader', { name: 'job' }).waitFor();
    assert.equal(await visitor.left.getByRole('row').count(), 3);
  });

  test('context shows the neighbours of a line, also of the whole machine', async () => {
    await visitor.open(address({ expr: '{filename="/var/log/nginx/error.log"}' }));
    await visitor.lines().nth(3).click();
    await visitor.left.getByRole('button', { name: 'Show context' }).click();
    const context = visitor.page.getByRole('dialog');
    const inside = context.getByLabel('Context lines').locator('> div');
    await inside.nth(5).waitFor();
    assert.equal(await context.getByText('handled request').count(), 0);
    await context.getByRole('radio', { name: 'Same host' }).dispatchEvent('click');
    await context.getByText('handled request').first().waitFor();
    await visitor.picture('context');
  });

  test('live lines come by themselves', async () => {
    await visitor.open(address({ expr: '{job="live"}' }));
    await visitor.left.getByRole('button', { name: 'Live' }).click();
    await visitor.left.getByRole('button', { name: 'Live' }).getByText('Stop live').waitFor();
    await visitor.world.push([{ stream: { job: 'live' }, values: [[`${Date.now()}000000`, 'level=error msg="just now"']] }]);
    await visitor.lines().filter({ hasText: 'just now' }).waitFor();
    assert.equal(await visitor.lines().first().getAttribute('data-level'), 'error');
    await visitor.world.push([{ stream: { job: 'live' }, values: [[`${Date.now()}000000`, 'level=info msg="and later"']] }]);
    await visitor.lines().filter({ hasText: 'and later' }).waitFor();
    assert.equal(await visitor.lines().count(), 2);
  });

  test('dragging over the histogram zooms', async () => {
    await visitor.open(address({ expr: '{job="nginxlogs"}' }));
    const canvas = visitor.left.getByRole('img', { name: 'Logs volume' }).locator('.u-over');
    const box = await canvas.boundingBox();
    assert.ok(box);
    await visitor.page.mouse.move(box.x + box.width * 0.4, box.y + 20);
    await visitor.page.mouse.down();
    await visitor.page.mouse.move(box.x + box.width * 0.6, box.y + 30, { steps: 4 });
    await visitor.page.mouse.up();
    await visitor.page.waitForFunction(() => /"from":"\d{13}"/.test(decodeURIComponent(location.search)));
    const { from, to } = JSON.parse(new URL(visitor.page.url()).searchParams.get('panes')!).left.range;
    assert.ok(Number(to) - Number(from) < 20 * 60_000);
  });
}
