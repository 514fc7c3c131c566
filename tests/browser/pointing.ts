import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type Visitor } from './visitor';

/** Queries without writing LogQL: builder, search box, label browser, hints and options. */
export function pointingTests(visitor: Visitor): void {
  test('the builder makes a query without typing LogQL', async () => {
    await visitor.open(address({ expr: '', editorMode: 'builder' }));
    const builder = visitor.left.getByTestId('data-testid binocle builder');
    const choose = async (label: string, option: string) => {
      await builder.getByLabel(label, { exact: true }).first().click();
      await visitor.option(option).click();
    };
    await choose('Label', 'job');
    await choose('Value', 'app');
    await builder.getByText('Operations').click();
    await visitor.page.getByText('Formats', { exact: true }).click();
    await visitor.page.getByText('Logfmt', { exact: true }).click();
    await builder.getByText('Operations').click();
    await visitor.page.getByText('Aggregations', { exact: true }).click();
    await visitor.page.getByText('avg', { exact: true }).click();
    await visitor.until(async () => assert.equal(await builder.getByLabel('Query text').innerText(), 'avg(rate({job="app"} | logfmt [$__auto]))'));
    await visitor.left.getByText('Explain').click();
    await builder.getByLabel('Explanation').waitFor();
    await visitor.run();
    await visitor.left.getByRole('figure', { name: 'Graph' }).locator('canvas').waitFor();
    await visitor.screen('builder');
    await visitor.radio('Code');
    await visitor.untilCode(/avg\(rate\(\{job="app"\} \| logfmt \[\$__auto\]\)\)/);
  });

  test('the search box needs no query language', async () => {
    await visitor.open(address({ expr: '{job="nginxlogs"}', editorMode: 'simple' }, undefined, { theme: 'light' }));
    const search = visitor.left.getByTestId('data-testid binocle search');
    await search.getByPlaceholder(/Words in the line/).fill('LOGIN -post');
    await visitor.page.keyboard.press('Enter');
    await visitor.lines().filter({ hasText: '/login' }).first().waitFor();
    await visitor.page.waitForFunction(() => !document.querySelector('[aria-label="Log lines"]')?.textContent?.includes('POST'));
    await search.getByRole('button', { name: 'error', exact: true }).click();
    await visitor.page.waitForFunction(() => [...document.querySelectorAll('[aria-label="Log lines"] [data-level]')].every((row) => (row as HTMLElement).dataset.level === 'error'));
    await visitor.lines().first().waitFor();
    await visitor.screen('search-light');
  });

  test('the search box looks through everything without a label, and keeps what it has no words for', async () => {
    await visitor.open(address({ expr: '', editorMode: 'simple' }));
    const search = visitor.left.getByTestId('data-testid binocle search');
    await search.getByPlaceholder(/Words in any line/).fill('"accepted PUBLICKEY"');
    await visitor.page.keyboard.press('Enter');
    await visitor.untilQuery(/^\{service_name=~"\.\+"\} \|~ "\(\?i\)accepted PUBLICKEY"$/);
    await visitor.lines().filter({ hasText: 'Accepted publickey' }).first().click();
    // A filter of the line's details: the box shows it beside the words instead of giving up.
    await visitor.left.getByRole('button', { name: /^Filter out detected_level/ }).click();
    const also = search.getByRole('group', { name: 'Also' });
    await also.getByText('| detected_level!="info"').or(also.getByText('| detected_level!="unknown"')).waitFor();
    await visitor.left.getByText('No lines in this range').waitFor();
    await visitor.screen('search-also');
    await also.getByRole('button', { name: /^Remove/ }).click();
    await visitor.lines().filter({ hasText: 'Accepted publickey' }).first().waitFor();
    await visitor.untilCount(also, 0);
  });

  test('examples: on the empty page, and from the editor for the streams that are chosen', async () => {
    await visitor.open('/explore/');
    await visitor.left.getByRole('button', { name: /^Busiest streams/ }).waitFor();
    await visitor.screen('examples-empty');
    await visitor.left.getByRole('button', { name: /^Look for a text/ }).click();
    await visitor.untilCode('{job="nginxlogs"} |= "GET"');
    await visitor.lines().first().waitFor();
    await visitor.open(address({ expr: '{job="app", hostname="web1"} |= "x"' }));
    await visitor.left.getByRole('button', { name: 'Examples' }).click();
    const dialog = visitor.page.getByRole('dialog');
    await dialog.getByText('{job="app", hostname="web1"} | logfmt | took > 500ms').waitFor();
    await visitor.screen('examples');
    await dialog.getByRole('button', { name: /^Requests by a field/ }).press('Enter');
    await visitor.untilCode('sum by (status) (count_over_time({job="app", hostname="web1"} | logfmt | __error__="" [$__auto]))');
    await visitor.legend('{status=').first().waitFor();
    await visitor.untilCount(dialog, 0);
  });

  test('a new query is written the way the last one was', async () => {
    await visitor.open('/explore/');
    await visitor.editor.waitFor();
    await visitor.radio('Builder');
    await visitor.left.getByTestId('data-testid binocle builder').waitFor();
    await visitor.open('/explore/');
    await visitor.left.getByTestId('data-testid binocle builder').waitFor();
    await visitor.open(address({ expr: '{job="app"}' }));
    await visitor.editor.waitFor();
    await visitor.radio('Search');
    // A query that does not say how it is written, such as one of an annotation, stays a search once it has a text.
    await visitor.open(address({ expr: '' }));
    const words = visitor.left.getByTestId('data-testid binocle search').getByLabel('Search words');
    await words.click();
    await visitor.page.keyboard.type('handled');
    await visitor.untilQuery(/handled"$/);
    await visitor.until(async () => assert.equal(await words.inputValue(), 'handled'));
    await visitor.radio('Code');
  });

  test('several values of a label are chosen one after the other', async () => {
    await visitor.open(address({ expr: '{job="app"}', editorMode: 'builder', maxLines: 100 }));
    const builder = visitor.left.getByTestId('data-testid binocle builder');
    await builder.getByLabel('Operator').click();
    await visitor.option('=~').click();
    await builder.getByLabel('Value', { exact: true }).click();
    await visitor.option('shop').click();
    await visitor.until(async () => assert.equal(await builder.getByLabel('Query text').innerText(), '{job=~"app|shop"}'));
    await visitor.page.keyboard.press('Escape');
    await visitor.run();
    await visitor.lines().filter({ hasText: 'order placed' }).first().waitFor();
    await visitor.screen('builder-values');
  });

  test('the label browser finds streams by pointing', async () => {
    await visitor.open('/explore/');
    await visitor.left.getByRole('button', { name: 'Label browser' }).click();
    const browser = visitor.page.getByRole('dialog');
    await browser.getByRole('button', { name: 'hostname' }).click();
    await browser.getByRole('button', { name: /^web1/ }).click();
    await browser.getByRole('button', { name: 'job', exact: true }).click();
    const jobs = browser.getByRole('group', { name: 'Values of job' });
    await jobs.getByRole('button', { name: /^app/ }).waitFor();
    // web2 has the only other job: choices are narrowed by what is chosen.
    await visitor.untilCount(jobs.getByRole('button', { name: /^varlogs/ }), 0);
    await jobs.getByRole('button', { name: /^app/ }).click();
    await browser.getByRole('button', { name: 'Validate selector' }).click();
    await browser.getByText('1 stream matches').waitFor();
    await visitor.screen('label-browser');
    await browser.getByRole('button', { name: 'Show logs', exact: true }).click();
    await visitor.lines().filter({ hasText: 'handled request' }).first().waitFor();
    await visitor.untilCode(/\{hostname="web1", job="app"\}/);
  });

  test('a hint adds the parser that fits', async () => {
    await visitor.open(address({ expr: '{job="shop"}' }));
    await visitor.left.getByRole('button', { name: 'parse them with json' }).click();
    await visitor.page.waitForFunction(() => decodeURIComponent(location.search.replace(/\+/g, ' ')).includes('| json'));
    await visitor.lines().first().click();
    await visitor.left.getByRole('group', { name: 'Details of the line' }).getByText('user_id').waitFor();
  });

  test('what a query will read is said before it runs', async () => {
    await visitor.open(address({ expr: '{job="shop"}' }));
    await visitor.left.getByText(/Will read about .* lines of 1 stream/).waitFor();
  });

  test('a value that no stream has is said, and one press puts in what was meant', async () => {
    await visitor.open(address({ expr: '{job="nginxlog", hostname="web1"}' }));
    await visitor.left.getByText('Nothing has job="nginxlog" in this range.').waitFor();
    await visitor.screen('mistaken');
    await visitor.left.getByRole('button', { name: 'job="nginxlogs"' }).click();
    await visitor.untilCode('{job="nginxlogs", hostname="web1"}');
    await visitor.lines().first().waitFor();
  });

  test('the label browser by keyboard: search, choose, see counts, run', async () => {
    await visitor.open('/explore/');
    await visitor.left.getByRole('button', { name: 'Label browser' }).focus();
    await visitor.page.keyboard.press('Enter');
    const browser = visitor.page.getByRole('dialog');
    await browser.getByRole('button', { name: 'hostname' }).waitFor();
    await browser.getByLabel('Search labels').focus();
    await visitor.page.keyboard.type('FILE');
    await visitor.until(async () => assert.deepEqual(await browser.getByRole('group', { name: 'Labels' }).getByRole('button').allInnerTexts(), ['filename']));
    await browser.getByRole('button', { name: 'filename' }).press('Enter');
    const values = browser.getByRole('group', { name: 'Values of filename' });
    await values.getByRole('button', { name: /auth\.log\s*[\d.]+ ?[kM]?B$/ }).press('Space');
    await browser.getByText('{filename="/var/log/auth.log"}').waitFor();
    await browser.getByRole('button', { name: 'Show logs rate' }).press('Enter');
    await visitor.untilQuery(/^sum\(rate\(\{filename="\/var\/log\/auth\.log"\} \[\$__auto\]\)\)$/);
    await visitor.left.getByRole('figure', { name: 'Graph' }).locator('canvas').waitFor();
  });

  test('code, builder and back: nothing is lost or written differently', async () => {
    const mode = (name: string) => visitor.radio(name);
    const queries = [
      '{job="app", hostname!=""} |= "handled" !~ "(?i)x" | logfmt | status>=500 or took>1s | line_format "{{.msg}}"',
      'topk(3, sum by (status) (rate({job="app"} | logfmt | __error__="" [$__auto]))) > 0',
      'quantile_over_time(0.9, {job="app"} | logfmt | unwrap duration(took) [5m]) by (hostname)',
    ];
    for (const expr of queries) {
      await visitor.open(address({ expr }));
      await visitor.editor.waitFor();
      await mode('Builder');
      const text = visitor.left.getByLabel('Query text');
      await visitor.until(async () => assert.equal(await text.innerText(), expr));
      await mode('Code');
      await visitor.untilCode(expr);
    }
  });

  test('a step of the builder is moved by keyboard, as often as the key is pressed', async () => {
    await visitor.open(address({ expr: '{job="app"} |= "handled" | logfmt | status>=200', editorMode: 'builder' }));
    const text = visitor.left.getByLabel('Query text');
    const later = visitor.left.getByRole('button', { name: 'Move Line contains later' });
    await later.focus();
    for (const expected of ['{job="app"} | logfmt |= "handled" | status>=200', '{job="app"} | logfmt | status>=200 |= "handled"']) {
      await visitor.page.keyboard.press('Enter');
      await visitor.until(async () => assert.equal(await text.innerText(), expected));
    }
    await visitor.left.getByRole('status').filter({ hasText: 'Line contains is now step 3 of 3' }).waitFor({ state: 'attached' });
    await visitor.page.keyboard.press('Shift+Tab');
    await visitor.page.keyboard.press('Enter');
    await visitor.until(async () => assert.equal(await text.innerText(), '{job="app"} | logfmt |= "handled" | status>=200'));
    await visitor.radio('Code');
    await visitor.untilCode('{job="app"} | logfmt |= "handled" | status>=200');
  });

  test('what the builder cannot show stays as it is', async () => {
    const expr = 'sum(rate({job="app"}[5m])) / sum(rate({job="shop"}[5m]';
    await visitor.open(address({ expr, editorMode: 'builder' }));
    await visitor.left.getByText('Nothing is lost').waitFor();
    await visitor.screen('builder-cannot');
    await visitor.radio('Code');
    await visitor.untilCode(expr);
    visitor.expectErrors(/status of 400/);
  });

  test('explain says every step in words', async () => {
    await visitor.open(address({ expr: 'sum by (status) (count_over_time({job="app"} |= "handled" | logfmt [5m]))', editorMode: 'builder' }));
    await visitor.left.getByText('Explain').click();
    const steps = visitor.left.getByLabel('Explanation').getByRole('listitem');
    await visitor.until(async () => {
      const texts = await steps.allInnerTexts();
      assert.equal(texts.length, 5);
      assert.match(texts[0], /all lines of the streams \{job="app"\}/);
      assert.match(texts.join('\n'), /logfmt/i);
    });
    await visitor.screen('explain');
  });

  test('in a narrow pane of a split nothing is cut off', async () => {
    const wide = visitor.page.viewportSize()!;
    const expr = '{job="app", hostname=~"web1|web2|web3|web4"} |~ "(?i)handled" | logfmt | status >= 200 | line_format "{{.status}} {{.took}} {{.msg}}"';
    try {
      for (const editorMode of ['simple', 'builder', 'code']) {
        await visitor.open(address({ expr, editorMode, maxLines: 100, direction: 'forward', splitDuration: '1h', withMetrics: true }, { expr: 'node_load1' }));
        await visitor.page.setViewportSize({ width: 800, height: 950 });
        await visitor.lines().first().waitFor();
        const editor = visitor.left.getByTestId('data-testid binocle query editor');
        const nothingCut = () =>
          visitor.until(async () => {
            const cut = await editor.evaluate((box) => [...box.querySelectorAll('input, button, code')].filter((part) => part.getBoundingClientRect().right > box.getBoundingClientRect().right + 1).map((part) => part.outerHTML.slice(0, 200)));
            assert.deepEqual(cut, [], editorMode);
          });
        await nothingCut();
        await visitor.left.getByRole('button', { name: /Options/ }).click();
        await visitor.left.getByLabel('Line limit').waitFor();
        await nothingCut();
        await visitor.screen(`narrow-${editorMode}`);
      }
    } finally {
      await visitor.page.setViewportSize(wide);
    }
  });

  test('options: line limit, direction, legend, type and step', async () => {
    await visitor.open(address({ expr: '{job="app"}' }));
    await visitor.left.getByRole('button', { name: /Options/ }).click();
    await visitor.left.getByLabel('Line limit').fill('7');
    await visitor.page.keyboard.press('Enter');
    await visitor.radio('Oldest first');
    await visitor.run();
    await visitor.page.waitForFunction(() => document.querySelectorAll('[aria-label="Log lines"] [data-level]').length === 7);
    await visitor.until(() => assert.deepEqual([visitor.query().maxLines, visitor.query().direction], [7, 'forward']));
    await visitor.screen('options');
    await visitor.open(address({ expr: 'sum by (hostname) (rate({job=~".+"} [$__auto]))' }));
    await visitor.left.getByRole('button', { name: /Options/ }).click();
    await visitor.left.getByRole('textbox', { name: 'Legend', exact: true }).fill('machine {{hostname}}');
    await visitor.page.keyboard.press('Enter');
    await visitor.left.getByRole('textbox', { name: 'Step', exact: true }).fill('5m');
    await visitor.page.keyboard.press('Enter');
    await visitor.run();
    await visitor.legend('machine web1').waitFor();
    await visitor.radio('Instant');
    await visitor.run();
    await visitor.left.getByRole('columnheader', { name: 'hostname' }).waitFor();
    await visitor.until(() => assert.deepEqual([visitor.query().step, visitor.query().queryType], ['5m', 'instant']));
  });

  test('fields show what a query has already, and looking at them changes nothing', async () => {
    const expr = 'topk(3, sum by (hostname) (rate({job="app"} |= "handled" [$__auto])))';
    await visitor.open(address({ expr, editorMode: 'builder', legendFormat: 'machine {{hostname}}' }));
    await visitor.left.getByRole('button', { name: /Options/ }).click();
    const fields = [
      [visitor.left.getByRole('textbox', { name: 'Legend', exact: true }), 'machine {{hostname}}'],
      [visitor.left.getByRole('textbox', { name: 'Text', exact: true }), 'handled'],
      [visitor.left.getByRole('spinbutton'), '3'],
    ] as const;
    for (const [field, value] of fields) {
      await visitor.until(async () => assert.equal(await field.inputValue(), value));
      await field.click();
      await visitor.page.keyboard.press('Tab');
    }
    await visitor.until(() => assert.deepEqual([visitor.query().expr, visitor.query().legendFormat], [expr, 'machine {{hostname}}']));
  });
}
