import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Locator } from 'playwright-core';
import { address, type Visitor } from './visitor';

/** Reading lines: what Explore does with a logs source. */
export function exploreTests(visitor: Visitor): void {
  test('type a selector, see lines and the histogram by level', async () => {
    await visitor.open('/explore/');
    await visitor.editor.waitFor();
    await visitor.pasteAndRun('{job="nginxlogs"}');
    await visitor.lines().first().waitFor();
    await visitor.left.getByRole('figure', { name: 'Logs volume' }).locator('canvas').waitFor();
    await visitor.until(async () => {
      const levels = await visitor.legend().allInnerTexts();
      assert.deepEqual(levels.map((text) => text.trim()).sort(), ['error', 'info', 'warning']);
      const shown = await visitor.lines().evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.level));
      assert.ok(shown.length > 100);
      assert.deepEqual([...new Set(shown)].sort(), ['error', 'info', 'warning']);
    });
  });

  test('a text filter marks what it found', async () => {
    await visitor.open(address({ expr: '{job="nginxlogs"} |= "POST"' }));
    await visitor.lines().first().waitFor();
    await visitor.until(async () => {
      assert.equal(await visitor.lines().count(), await visitor.lines().filter({ hasText: 'POST' }).count());
      assert.equal(await visitor.lines().first().locator('mark').innerText(), 'POST');
    });
  });

  test('filter for and filter out with the buttons of a line', async () => {
    await visitor.open(address({ expr: '{hostname="web1"} | logfmt', maxLines: 100 }));
    await visitor.lines().filter({ hasText: 'took=' }).first().click();
    const details = visitor.left.getByRole('group', { name: 'Details of the line' });
    await details.getByText('Parsed fields').waitFor();
    await visitor.screen('details');
    await details.getByRole('button', { name: /^Filter for job app/ }).click();
    await visitor.page.waitForFunction(() => decodeURIComponent(location.search).includes('job=\\"app\\"'));
    const status = await details.getByRole('button', { name: /^Filter out status/ }).first().getAttribute('aria-label');
    await details.getByRole('button', { name: /^Filter out status/ }).first().click();
    await visitor.page.waitForFunction(() => decodeURIComponent(location.search.replace(/\+/g, ' ')).includes('| status!='));
    await visitor.untilCode(new RegExp(`\\{hostname="web1", job="app"\\} \\| logfmt \\| status!="${status?.split(' ').pop()}"`));
  });

  test('a metric query is a graph', async () => {
    await visitor.open(address({ expr: 'sum by (hostname) (rate({job=~".+"}[$__auto]))', legendFormat: '{{hostname}}' }));
    await visitor.left.getByRole('figure', { name: 'Graph' }).locator('canvas').waitFor();
    await visitor.legend('web1').waitFor();
    await visitor.untilCount(visitor.legend(), 2);
  });

  test('an instant query is a table', async () => {
    await visitor.open(address({ expr: 'topk(2, sum by (job) (count_over_time({job=~".+"}[$__range])))', queryType: 'instant' }));
    await visitor.left.getByRole('columnheader', { name: 'job' }).waitFor();
    await visitor.untilCount(visitor.left.getByRole('row'), 3);
    await visitor.screen('table');
  });

  test('context shows the neighbours of a line, also of the whole machine', async () => {
    await visitor.open(address({ expr: '{filename="/var/log/nginx/error.log"}' }));
    await visitor.lines().nth(3).click();
    await visitor.left.getByRole('button', { name: 'Show context' }).click();
    const context = visitor.page.getByRole('dialog');
    const inside = context.getByLabel('Context lines').locator('> div');
    await inside.nth(5).waitFor();
    await visitor.untilCount(context.getByText('handled request'), 0);
    await visitor.radio('Same host', context);
    await context.getByText('handled request').first().waitFor();
    await visitor.screen('context');
  });

  test('context without one of the labels of its stream, for as long as its window is open', async () => {
    await visitor.open(address({ expr: '{filename="/var/log/nginx/error.log"}' }));
    await visitor.lines().nth(3).click();
    const show = visitor.left.getByRole('button', { name: 'Show context' });
    const context = visitor.page.getByRole('dialog');
    const label = context.getByRole('group', { name: 'Shared labels' }).getByRole('button', { name: /^filename=/ });
    const lines = context.getByLabel('Context lines');
    await show.click();
    await visitor.radio('Same stream', context);
    await lines.getByText('Connection refused').nth(5).waitFor();
    await visitor.untilCount(lines.getByText('HTTP/1.1'), 0);
    await label.press('Space');
    await lines.getByText('HTTP/1.1').first().waitFor();
    await visitor.until(async () => assert.deepEqual([await label.getAttribute('aria-pressed'), await label.evaluate((one) => one === document.activeElement)], ['false', true]));
    await visitor.screen('context-labels');
    await visitor.page.keyboard.press('Escape');
    await visitor.untilCount(context, 0);
    await show.click();
    await lines.getByText('Connection refused').nth(5).waitFor();
    await visitor.until(async () => assert.equal(await label.getAttribute('aria-pressed'), 'true'));
    await visitor.untilCount(lines.getByText('HTTP/1.1'), 0);
  });

  test('live lines come by themselves', async () => {
    await visitor.open(address({ expr: '{job="live"}' }));
    await visitor.left.getByRole('button', { name: 'Live' }).click();
    await visitor.left.getByRole('button', { name: 'Stop live' }).waitFor();
    await visitor.world.push([{ stream: { job: 'live' }, values: [[`${Date.now()}000000`, 'level=error msg="just now"']] }]);
    await visitor.lines().filter({ hasText: 'just now' }).waitFor();
    await visitor.until(async () => assert.equal(await visitor.lines().first().getAttribute('data-level'), 'error'));
    await visitor.world.push([{ stream: { job: 'live' }, values: [[`${Date.now()}000000`, 'level=info msg="and later"']] }]);
    await visitor.lines().filter({ hasText: 'and later' }).waitFor();
    await visitor.untilCount(visitor.lines(), 2);
    await visitor.screen('live');
  });

  test('dragging over the histogram zooms', async () => {
    await visitor.open(address({ expr: '{job="nginxlogs"}' }));
    const canvas = visitor.left.getByRole('figure', { name: 'Logs volume' }).locator('.u-over');
    await visitor.lines().first().waitFor();
    // Bars that are still to come would replace the graph under the mouse.
    await visitor.legend('error').waitFor();
    await visitor.left.getByRole('button', { name: 'Run query' }).waitFor();
    await canvas.hover({ position: { x: 500, y: 20 } });
    await visitor.page.mouse.down();
    await canvas.hover({ position: { x: 600, y: 30 } });
    await canvas.hover({ position: { x: 800, y: 30 } });
    await visitor.page.mouse.up();
    await visitor.page.waitForFunction(() => /"from":"\d{13}"/.test(decodeURIComponent(location.search)));
    const { from, to } = JSON.parse(new URL(visitor.page.url()).searchParams.get('panes')!).left.range;
    assert.ok(Number(to) - Number(from) < 20 * 60_000);
  });

  test('filters: structured metadata behind the pipeline, a second press takes a filter away, the other button turns it round', async () => {
    await visitor.open(address({ expr: '{job="api"}' }));
    await visitor.lines().filter({ hasText: 'orders' }).first().click();
    const details = visitor.left.getByRole('group', { name: 'Details of the line' });
    await details.getByText('Structured metadata').waitFor();
    const only = details.getByRole('button', { name: /^Filter for tenant/ });
    const tenant = (await only.getAttribute('aria-label'))?.split(' ').pop();
    await only.click();
    await visitor.untilQuery(new RegExp(`^\\{job="api"\\} \\| tenant="${tenant}"$`));
    await visitor.lines().first().waitFor();
    await visitor.left.getByRole('button', { name: `Filter out tenant ${tenant}` }).first().click();
    await visitor.untilQuery(new RegExp(`^\\{job="api"\\} \\| tenant!="${tenant}"$`));
    await visitor.lines().filter({ hasText: 'orders' }).first().click();
    const other = visitor.left.getByRole('button', { name: /^Filter for route/ }).first();
    await other.click();
    await visitor.untilQuery(/route="/);
    await other.click();
    await visitor.untilQuery(new RegExp(`^\\{job="api"\\} \\| tenant!="${tenant}"$`));
  });

  test('selected text becomes a line filter', async () => {
    await visitor.open(address({ expr: '{job="shop"}', maxLines: 100 }));
    const line = visitor.lines().first();
    await line.waitFor();
    await line.locator('span').last().evaluate((body) => {
      const text = body.firstChild as Text;
      const range = document.createRange();
      const at = text.data.indexOf('order placed');
      range.setStart(text, at);
      range.setEnd(text, at + 'order placed'.length);
      getSelection()?.removeAllRanges();
      getSelection()?.addRange(range);
      body.dispatchEvent(new MouseEvent('mouseup', { bubbles: true, clientX: 400, clientY: 400 }));
    });
    await visitor.page.getByRole('toolbar', { name: 'Selected text' }).waitFor();
    await visitor.screen('selected-text');
    await visitor.page.getByRole('button', { name: 'Lines without it' }).click();
    await visitor.untilQuery(/^\{job="shop"\} != [`"]order placed[`"]$/);
    await visitor.left.getByText('No lines in this range').waitFor();
  });

  test('beyond the line limit: pages join without a gap and without repeats', async () => {
    const expr = '{job="app"} |= "handled"';
    await visitor.open(address({ expr, maxLines: 40 }));
    await visitor.lines().nth(39).waitFor();
    for (const lines of [60, 100]) {
      await visitor.left.getByRole('button', { name: 'Older lines' }).click();
      await visitor.lines().nth(lines).waitFor();
    }
    const texts = await visitor.lines().allInnerTexts();
    assert.equal(new Set(texts).size, texts.length);
    await visitor.open(address({ expr, maxLines: texts.length }));
    await visitor.until(async () => assert.deepEqual(await visitor.lines().allInnerTexts(), texts));
  });

  test('a link to a line leads to that line, also in a smaller query', async () => {
    await visitor.open(address({ expr: '{job="app"}' }));
    const line = visitor.lines().nth(7);
    const text = await line.innerText();
    await line.click();
    await visitor.left.getByRole('button', { name: 'Copy link to line' }).click();
    let link = '';
    await visitor.until(async () => {
      link = await visitor.page.evaluate(() => navigator.clipboard.readText());
      assert.ok(link.startsWith(visitor.world.base));
    });
    const there = link.replace(encodeURIComponent('{job=\\"app\\"}'), encodeURIComponent('{job=\\"app\\"} |= \\"took\\"'));
    assert.notEqual(there, link);
    await visitor.open(there.slice(visitor.world.base.length));
    const marked = visitor.left.locator('[aria-current=location]');
    await visitor.until(async () => assert.equal(await marked.innerText(), text));
  });

  test('lines are saved as text, JSON and CSV', async () => {
    await visitor.open(address({ expr: '{job="api"}', maxLines: 30 }));
    await visitor.lines().nth(29).waitFor();
    const save = async (format: string) => {
      const download = visitor.page.waitForEvent('download');
      await visitor.left.getByRole('button', { name: `Download as ${format}` }).click();
      const chunks: Buffer[] = [];
      for await (const chunk of await (await download).createReadStream()) {
        chunks.push(chunk as Buffer);
      }
      return Buffer.concat(chunks).toString();
    };
    const first = (await visitor.lines().first().innerText()).split(/\s{2,}|\n/).pop() ?? '';
    const text = (await save('txt')).split('\n');
    assert.equal(text.length, 30);
    assert.match(text[0], /^\d{19}\t/);
    assert.ok(first.includes(text[0].split('\t')[1]));
    const json = JSON.parse(await save('json'));
    assert.equal(json.length, 30);
    assert.equal(json[0].labels.job, 'api');
    assert.equal((await save('csv')).trim().split('\n').length, 31);
  });

  test('statistics: of the query, and of the values of a label', async () => {
    await visitor.open(address({ expr: '{job="api"}', maxLines: 100 }));
    await visitor.lines().first().click();
    await visitor.left.getByRole('button', { name: 'Statistics' }).click();
    const table = visitor.left.getByRole('table', { name: 'Query statistics' });
    await table.getByText(/total bytes processed/i).first().waitFor();
    await visitor.left.getByRole('button', { name: 'Values of tenant' }).click();
    await visitor.until(async () => {
      const values = await visitor.left.getByRole('list', { name: 'Values of tenant in these lines' }).getByRole('listitem').allInnerTexts();
      assert.deepEqual(values.map((value) => value.split(/\s/)[0]), ['acme', 'umbrella']);
    });
    await visitor.screen('statistics');
  });

  test('under a metric query stands a sample of its lines', async () => {
    await visitor.open(address({ expr: 'sum(count_over_time({job="varlogs"} |= "deploy" [1m]))' }));
    await visitor.left.getByText('Logs sample').waitFor();
    await visitor.lines().filter({ hasText: 'Accepted publickey' }).first().waitFor();
    await visitor.until(async () => assert.ok((await visitor.lines().count()) <= 100));
  });

  test('derived fields lead to pages and to queries of other sources', async () => {
    await visitor.open('/explore/', { fresh: true });
    const derivedFields = [
      { name: 'trace', matcherRegex: 'trace_id=(\\w+)', url: 'https://traces.example.com/${__value.raw}', urlDisplayLabel: 'Open trace' },
      { name: 'same status', matcherRegex: 'status=(\\d+)', datasourceUid: 'binocle', url: '{job="app"} |= "status=${__value.raw}"', urlDisplayLabel: 'Lines with this status' },
    ];
    await visitor.page.evaluate((text) => localStorage.setItem('binocle.preview.jsonData', text), JSON.stringify({ derivedFields }));
    await visitor.page.goto(visitor.world.base + address({ expr: '{job="app"}', maxLines: 100 }));
    await visitor.lines().filter({ hasText: 'trace_id=' }).first().click();
    const link = visitor.left.getByRole('link', { name: 'Open trace' });
    await visitor.until(async () => assert.match((await link.getAttribute('href')) ?? '', /^https:\/\/traces\.example\.com\/[0-9a-f]+$/));
    await visitor.screen('links');
    await visitor.left.getByRole('button', { name: 'Lines with this status' }).click();
    await visitor.lines(visitor.right).filter({ hasText: /status=\d+/ }).first().waitFor();
  });

  test('the time under the pointer is marked in the lines, and the time of a line in the histogram', async () => {
    await visitor.open(address({ expr: '{job="nginxlogs"}', maxLines: 2000 }));
    const histogram = visitor.left.getByRole('figure', { name: 'Logs volume' }).locator('.u-over');
    await visitor.lines().first().waitFor();
    await visitor.legend('error').waitFor();
    await histogram.hover({ position: { x: 700, y: 40 } });
    await visitor.until(async () => {
      const times = await visitor.left.locator('[data-hovered]').evaluateAll((rows) => rows.map((row) => Date.parse((row as HTMLElement).innerText.slice(0, 23).trim())));
      assert.ok(times.length > 0);
      assert.ok(Math.max(...times) - Math.min(...times) < 2 * 60_000);
    });
    await visitor.lines().nth(5).hover();
    await visitor.page.waitForFunction(() => document.querySelectorAll('[data-hovered]').length === 0);
    await visitor.left.getByRole('figure', { name: 'Logs volume' }).getByTestId('hovered line').waitFor();
  });

  test('the newest line is in the histogram at once, though its bar is not full yet', async () => {
    // Two thirds of a minute before the bar of its minute is full.
    const minuteMs = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
    const job = `fresh${minuteMs}`;
    await visitor.world.push([{ stream: { job }, values: [[`${minuteMs - 600_000}000000`, 'level=info msg="before"'], [`${minuteMs + 15_000}000000`, 'level=error msg="just now"']] }]);
    await visitor.open(address({ expr: `{job="${job}"}` }, undefined, {}, { from: String(minuteMs - 3_580_000), to: String(minuteMs + 20_000) }));
    const histogram = visitor.left.getByRole('figure', { name: 'Logs volume' });
    const over = histogram.locator('.u-over');
    await visitor.legend('error').waitFor();
    await visitor.lines().filter({ hasText: 'just now' }).waitFor();
    await visitor.until(async () => assert.ok((await redPixels(histogram.locator('canvas'))) > 50));
    const { width } = (await over.boundingBox())!;
    await over.hover({ position: { x: width - 2, y: 40 } });
    await visitor.until(async () => assert.deepEqual(await visitor.left.locator('[data-hovered]').evaluateAll((rows) => rows.map((row) => /just now|before/.exec(row.textContent ?? '')?.[0])), ['just now']));
  });

  test('a long range comes in parts that are shown as they arrive, and cancelling cancels on the wire', async () => {
    await visitor.open('/explore/');
    const asked: string[] = [];
    const aborted: string[] = [];
    const isPart = (url: string) => url.includes('/query_range') && !url.includes('__level__');
    const onFailed = (request: { url(): string }) => isPart(request.url()) && aborted.push(request.url());
    visitor.page.on('requestfailed', onFailed);
    // The first part is answered, the second never.
    await visitor.page.route((url) => isPart(String(url)), (route) => {
      asked.push(route.request().url());
      return asked.length === 1 ? route.continue() : undefined;
    });
    await visitor.open(address({ expr: '{job="app"}', splitDuration: '10m', maxLines: 5000 }), { keepRoutes: true });
    await visitor.lines().first().waitFor();
    const before = await visitor.lines().count();
    assert.ok(before > 20 && before < 500);
    await visitor.page.waitForFunction(() => document.body.innerText.includes('Cancel'));
    await visitor.left.getByRole('button', { name: 'Cancel' }).click();
    await visitor.left.getByRole('button', { name: 'Run query' }).waitFor();
    await visitor.until(() => assert.deepEqual(aborted, [asked[1]]));
    await visitor.untilCount(visitor.lines(), before);
    assert.equal(asked.length, 2);
    visitor.page.off('requestfailed', onFailed);
    await visitor.page.unrouteAll();
    await visitor.run();
    await visitor.lines().nth(before + 100).waitFor();
  });

  test('live lines also come where WebSockets are blocked', async () => {
    await visitor.open(address({ expr: '{job="polled"}' }));
    await visitor.blockWebSockets();
    await visitor.left.getByRole('button', { name: 'Live' }).click();
    await visitor.world.push([{ stream: { job: 'polled' }, values: [[`${Date.now()}000000`, 'level=warn msg="asked for"']] }]);
    await visitor.lines().filter({ hasText: 'asked for' }).waitFor();
    await visitor.until(async () => assert.equal(await visitor.lines().first().getAttribute('data-level'), 'warning'));
  });
}

/** How much of a graph is in the colour of errors. */
function redPixels(canvas: Locator): Promise<number> {
  return canvas.evaluate((drawn: HTMLCanvasElement) => {
    const { data } = drawn.getContext('2d')!.getImageData(0, 0, drawn.width, drawn.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      count += Number(data[at] > 180 && data[at + 1] < 120 && data[at + 2] < 140 && data[at + 3] > 200);
    }
    return count;
  });
}
