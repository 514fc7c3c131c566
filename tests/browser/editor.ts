import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type Visitor } from './visitor';

/** Writing LogQL: what the code editor does. */
export function editorTests(visitor: Visitor): void {
  test('completion offers labels, values and stages', async () => {
    await visitor.open('/explore/');
    const placeholder = visitor.left.getByText('LogQL, such as {job="nginx"} |= "error"; Shift+Enter runs it');
    await placeholder.waitFor();
    await visitor.editor.click();
    const offered = (text: string) => visitor.page.locator('.suggest-widget .monaco-list-row', { hasText: text }).first();
    await visitor.page.keyboard.type('{');
    await offered('hostname').waitFor();
    await visitor.untilCount(placeholder, 0);
    await visitor.page.keyboard.type('job');
    await offered('job').waitFor();
    await visitor.page.keyboard.press('Tab');
    await offered('nginxlogs').waitFor();
    await visitor.screen('completion');
    await visitor.page.keyboard.type('ngi');
    await visitor.page.keyboard.press('Tab');
    await visitor.page.keyboard.press('End');
    await visitor.page.keyboard.type(' ');
    await offered('|= contains').waitFor();
    await visitor.untilCode(/^\{job="nginxlogs"\} ?$/);
  });

  test('a mistake is marked where it is, and the server says the same', async () => {
    await visitor.open('/explore/');
    await visitor.editor.waitFor();
    await visitor.pasteAndRun('{job="nginxlogs"} |= ');
    await visitor.left.locator('.squiggly-error').waitFor();
    await visitor.left.getByText('The query failed').waitFor();
    await visitor.left.getByText(/parse error at line 1/).waitFor();
    await visitor.screen('mistake');
    // The browser notes the answer 400 by itself; nothing else may be there.
    visitor.expectErrors(/status of 400/);
  });

  test('completion: labels that are not chosen yet, values narrowed by the others, with sizes', async () => {
    await visitor.open('/explore/');
    await visitor.typeQuery('{hostname="web2", ');
    await visitor.page.keyboard.press('Control+Space');
    await visitor.offered('filename').waitFor();
    assert.equal((await visitor.allOffered()).some((item) => item.startsWith('hostname')), false);
    await visitor.typeQuery('{hostname="web2", job="');
    await visitor.offered('varlogs').waitFor();
    await visitor.until(async () => {
      const values = await visitor.allOffered();
      assert.equal(values.length, 1);
      assert.match(values[0], /varlogs\s+[\d.]+ ?kB/);
    });
  });

  test('completion: the parser that fits, then the fields it gives', async () => {
    await visitor.open('/explore/');
    await visitor.typeQuery('{job="shop"} | ');
    await visitor.page.keyboard.press('Control+Space');
    await visitor.offered('fits these lines').waitFor();
    await visitor.until(async () => assert.match((await visitor.allOffered())[0], /^json/));
    await visitor.take('json');
    await visitor.page.keyboard.type(' | us');
    await visitor.take('user_id');
    await visitor.untilCode('{job="shop"} | json | user_id');
  });

  test('completion: functions, ranges, groupings and values of unwrap', async () => {
    await visitor.open('/explore/');
    await visitor.typeQuery('quan');
    await visitor.offered('quantile_over_time').waitFor();
    await visitor.typeQuery('sum(rate({job="app"}[');
    await visitor.offered('$__auto').waitFor();
    await visitor.page.keyboard.type('5');
    await visitor.take('5m');
    await visitor.untilCode('sum(rate({job="app"}[5m]))');
    await visitor.paste('sum by () (rate({job="app"} | logfmt [5m]))');
    await visitor.page.keyboard.press('Home');
    for (let step = 0; step < 'sum by ('.length; step++) {
      await visitor.page.keyboard.press('ArrowRight');
    }
    await visitor.page.keyboard.press('Control+Space');
    await visitor.offered('hostname').waitFor();
    await visitor.page.keyboard.type('sta');
    await visitor.take('status');
    await visitor.untilCode('sum by (status) (rate({job="app"} | logfmt [5m]))');
    await visitor.typeQuery('sum_over_time({job="app"} | logfmt | unwrap t');
    await visitor.offered('took').waitFor();
  });

  test('completion: queries that were run before', async () => {
    await visitor.open('/explore/');
    await visitor.pasteAndRun('{job="varlogs"} |= "deploy"');
    await visitor.lines().first().waitFor();
    await visitor.paste(' ');
    await visitor.page.keyboard.press('Backspace');
    await visitor.page.keyboard.press('Control+Space');
    await visitor.offered('recent query').waitFor();
    await visitor.until(async () => assert.match((await visitor.allOffered())[0], /\{job="varlogs"\} \|= "deploy"/));
    await visitor.take('job="varlogs"');
    await visitor.untilCode('{job="varlogs"} |= "deploy"');
  });

  test('hovering a function or a stage says what it does', async () => {
    await visitor.open(address({ expr: 'sum(rate({job="app"} | logfmt [5m]))' }));
    await visitor.hoverWord('rate', 'Log lines per second');
    await visitor.screen('hover');
    await visitor.hoverWord('logfmt', 'pairs of the line as fields');
  });

  test('inside the parentheses of a function stands what belongs there', async () => {
    await visitor.open('/explore/');
    await visitor.typeQuery('quantile_over_time(');
    const help = visitor.page.locator('.parameter-hints-widget.visible');
    await help.getByText('log query | unwrap label [range]').waitFor();
    await visitor.until(async () => assert.notEqual(await help.locator('.parameter.active').innerText(), 'log query | unwrap label [range]'));
    await visitor.page.keyboard.press('Escape');
    await visitor.page.keyboard.type('0.9,');
    await help.locator('.parameter.active', { hasText: 'log query | unwrap label [range]' }).waitFor();
    await visitor.screen('signature');
  });

  test('a value without quotes is repaired with one click, and with one key', async () => {
    await visitor.open('/explore/');
    await visitor.paste('{job=nginxlogs}');
    await visitor.left.locator('.squiggly-error').waitFor();
    await visitor.page.keyboard.press('Home');
    for (let step = 0; step < '{job=ng'.length; step++) {
      await visitor.page.keyboard.press('ArrowRight');
    }
    await visitor.page.keyboard.press('Control+.');
    const fix = visitor.page.getByText('Put the value in quotes');
    await fix.waitFor();
    await visitor.screen('quick-fix');
    await visitor.page.keyboard.press('Enter');
    await visitor.untilCode('{job="nginxlogs"}');
    await visitor.page.waitForFunction(() => !document.querySelector('.squiggly-error'));
    await visitor.paste('{job=app}');
    await visitor.left.locator('.squiggly-error').first().waitFor();
    await visitor.word('app').hover();
    await visitor.page.locator('.monaco-hover').getByText('Quick Fix').click();
    // The menu takes no click in the first tenth of a second: it could be the one that opened it.
    await fix.hover();
    await visitor.page.waitForTimeout(200);
    await fix.click();
    await visitor.untilCode('{job="app"}');
  });

  test('brackets close themselves and show their partner, words have colours', async () => {
    await visitor.open('/explore/');
    await visitor.typeQuery('{');
    await visitor.untilCode('{}');
    await visitor.paste('sum(rate({job="app"} |= `x` [5m]))');
    await visitor.left.locator('.bracket-match').nth(1).waitFor();
    const color = async (text: string) => visitor.left.locator('.view-line span[class^=mtk]', { hasText: text }).first().evaluate((element) => getComputedStyle(element).color);
    await visitor.until(async () => {
      const colors = [await color('rate'), await color('job'), await color('"app"'), await color('5m')];
      assert.equal(new Set(colors).size, colors.length, colors.join(' '));
    });
  });

  test('Tab leaves the field, forwards and back', async () => {
    await visitor.open(address({ expr: '{job="app"}' }));
    await visitor.editor.click();
    const focused = () => visitor.page.evaluate(() => document.activeElement?.closest('label')?.textContent ?? document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);
    await visitor.page.keyboard.press('Escape');
    await visitor.page.keyboard.press('Shift+Tab');
    const label = () => visitor.page.evaluate(() => document.activeElement instanceof HTMLInputElement && document.activeElement.labels?.[0]?.textContent?.trim());
    await visitor.until(async () => assert.equal(await label(), 'Code', `focus on ${await focused()}`));
    await visitor.editor.click();
    await visitor.page.keyboard.press('Escape');
    await visitor.page.keyboard.press('Tab');
    await visitor.until(async () => assert.equal(await visitor.left.evaluate((pane) => pane.contains(document.activeElement) && !document.activeElement?.closest('.monaco-editor')), true, `focus on ${await focused()}`));
    await visitor.untilCode('{job="app"}');
  });

  test('several lines grow the field, Shift+Enter runs', async () => {
    await visitor.open('/explore/');
    await visitor.paste('{job="app"}');
    const height = async () => (await visitor.editor.boundingBox())?.height ?? 0;
    await visitor.untilCode('{job="app"}');
    const before = await height();
    await visitor.page.keyboard.press('End');
    for (const stage of ['|= "request"', '| logfmt']) {
      await visitor.page.keyboard.press('Enter');
      await visitor.page.keyboard.insertText(stage);
    }
    await visitor.page.keyboard.press('Escape');
    await visitor.until(async () => assert.ok((await height()) > before));
    await visitor.page.keyboard.press('Shift+Enter');
    await visitor.lines().first().waitFor();
    await visitor.untilQuery(/^\{job="app"\}\n\|= "request"\n\| logfmt$/);
  });
}
