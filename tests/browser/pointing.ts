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
      await visitor.page.getByRole('option', { name: option, exact: false }).first().click();
    };
    await choose('Label', 'job');
    await choose('Value', 'app');
    await builder.getByText('Operations').click();
    await visitor.page.getByText('Formats', { exact: true }).click();
    await visitor.page.getByText('Logfmt', { exact: true }).click();
    await builder.getByText('Operations').click();
    await visitor.page.getByText('Aggregations', { exact: true }).click();
    await visitor.page.getByText('avg', { exact: true }).click();
    assert.equal(await builder.getByLabel('Query text').innerText(), 'avg(rate({job="app"} | logfmt [$__auto]))');
    await visitor.left.getByText('Explain').click();
    await builder.getByLabel('Explanation').waitFor();
    await visitor.run();
    await visitor.left.getByRole('img', { name: 'Graph' }).locator('canvas').waitFor();
    await visitor.picture('builder');
    await visitor.left.getByRole('radio', { name: 'Code' }).dispatchEvent('click');
    await visitor.left.locator('.view-line', { hasText: 'logfmt' }).waitFor();
    assert.match(await visitor.codeText(), /avg\(rate\(\{job="app"\} \| logfmt \[\$__auto\]\)\)/);
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
    assert.ok((await visitor.lines().count()) > 0);
    await visitor.picture('search-light');
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
    assert.equal(await jobs.getByRole('button', { name: /^varlogs/ }).count(), 0);
    await jobs.getByRole('button', { name: /^app/ }).click();
    await browser.getByRole('button', { name: 'Validate selector' }).click();
    await browser.getByText('1 stream matches').waitFor();
    await visitor.picture('label-browser');
    await browser.getByRole('button', { name: 'Show logs', exact: true }).click();
    await visitor.lines().filter({ hasText: 'handled request' }).first().waitFor();
    assert.match(await visitor.codeText(), /\{hostname="web1", job="app"\}/);
  });

  test('a hint adds the parser that fits', async () => {
    await visitor.open(address({ expr: '{job="shop"}' }));
    await visitor.left.getByRole('button', { name: 'parse them with json' }).click();
    await visitor.page.waitForFunction(() => decodeURIComponent(location.search.replace(/\+/g, ' ')).includes('| json'));
    await visitor.lines().first().click();
    await visitor.left.getByText('user_id').first().waitFor();
  });

  test('what a query will read is said before it runs', async () => {
    await visitor.open(address({ expr: '{job="shop"}' }));
    await visitor.left.getByText(/Will read about .* lines of 1 stream/).waitFor();
  });
}
