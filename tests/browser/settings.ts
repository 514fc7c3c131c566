import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Visitor } from './visitor';

/** The settings of the data source. */
export function settingsTests(visitor: Visitor): void {
  test('the settings: save and test, derived fields tried on a line', async () => {
    await visitor.open('/explore/?page=config');
    await visitor.page.getByRole('button', { name: 'Add derived field' }).click();
    const field = visitor.page.getByRole('group', { name: /Derived field/ });
    await field.getByLabel('Name').fill('trace');
    await field.getByLabel('Regex').fill('trace_id=(\\w+)');
    await field.getByLabel('URL').fill('https://traces.example.com/${__value.raw}');
    await visitor.page.getByLabel('Line to try derived fields on').fill('level=info trace_id=abc123');
    await visitor.page.getByText('https://traces.example.com/abc123').waitFor();
    await visitor.page.getByRole('button', { name: 'Find pairs' }).click();
    await visitor.page.getByText(/hostname = instance/).waitFor();
    await visitor.page.getByRole('button', { name: 'Save & test' }).click();
    await visitor.page.getByText(/Connected to Binocle .*Live tail works/).waitFor();
    const size = visitor.page.viewportSize()!;
    // High enough for the plugin's own sections, which begin after Grafana's.
    await visitor.page.setViewportSize({ width: 1000, height: 1280 });
    await visitor.page.getByRole('region', { name: 'Limits' }).evaluate((section) => {
      section.style.scrollMarginTop = '20px';
      section.scrollIntoView({ block: 'start' });
    });
    await visitor.screen('settings');
    await visitor.page.setViewportSize(size);
  });

  test('the settings fit into a narrow window', async () => {
    await visitor.open('/explore/?page=config');
    const { width, height } = visitor.page.viewportSize()!;
    await visitor.page.setViewportSize({ width: 400, height });
    await visitor.until(async () => {
      for (const label of ['With Credentials', 'With CA Cert', 'Forward OAuth Identity']) {
        const box = await visitor.page.getByText(label, { exact: true }).first().boundingBox({ timeout: 1000 });
        assert.ok(box && box.x + box.width <= 400, `${label} ${JSON.stringify(box)}`);
      }
    });
    await visitor.page.setViewportSize({ width, height });
  });

  const json = (body: unknown) => ({ body: JSON.stringify(body), contentType: 'application/json' });
  const troubles: Array<{ what: string; part: string; reply: { status?: number; body: string; contentType?: string }; words: RegExp }> = [
    { what: 'the server is unreachable', part: '', reply: { status: 502, body: 'bad gateway' }, words: /could not reach the server.*inside its container/ },
    { what: 'something else answers', part: '', reply: { body: '<html><body>Welcome to nginx</body></html>', contentType: 'text/html' }, words: /neither Binocle nor Loki/ },
    { what: 'the path is wrong', part: '', reply: { status: 404, body: 'page not found' }, words: /should end before \/loki/ },
    { what: 'a tenant is missing', part: '', reply: { status: 401, body: 'no org id' }, words: /add the header X-Scope-OrgID/ },
    { what: 'credentials are wrong', part: '', reply: { status: 401, body: 'unknown user' }, words: /refused the credentials/ },
    { what: 'the server refuses the request, as Grafana passes that on', part: '', reply: { status: 400, body: 'Authentication to data source failed' }, words: /asks for credentials.*X-Scope-OrgID/ },
    { what: 'a proxy on the way refuses', part: '', reply: { status: 403, body: '<html><head><title>403 Forbidden</title></head><body>nginx</body></html>', contentType: 'text/html' }, words: /Access was refused \(403\): 403 Forbidden/ },
    { what: 'there are no logs yet', part: '/labels', reply: json({ status: 'success', data: [] }), words: /received no logs in the last day/ },
  ];
  for (const [index, { what, part, reply, words }] of troubles.entries()) {
    test(`save and test says in words that ${what}`, async () => {
      await visitor.open('/explore/?page=config');
      await visitor.answer(part, reply);
      await visitor.page.getByRole('button', { name: 'Save & test' }).click();
      await visitor.page.getByRole('alert').or(visitor.page.getByRole('status')).filter({ hasText: words }).waitFor();
      if (index === 0) {
        await visitor.screen('settings-trouble');
      }
      visitor.expectErrors(/status of (40[0134]|502)/);
    });
  }

  test('save and test says that live tail is blocked', async () => {
    await visitor.open('/explore/?page=config');
    await visitor.blockWebSockets();
    await visitor.page.getByRole('button', { name: 'Save & test' }).click();
    await visitor.page.getByText(/Connected to Binocle .*cannot open a WebSocket.*polled instead/).waitFor();
  });

  test('level rules and label pairs are written by hand, a broken regex is said where it stands', async () => {
    await visitor.open('/explore/?page=config');
    await visitor.page.getByRole('button', { name: 'Add pair' }).click();
    const pair = visitor.page.getByRole('group', { name: 'Label pair 1' });
    // A pair that is only begun changes nothing yet.
    await visitor.page.getByText(/^Found by itself/).waitFor();
    await pair.getByLabel('Label of logs').fill('hostname');
    await pair.getByLabel('Label of metrics').fill('instance');
    await visitor.page.getByText('These pairs of labels mean the same.').waitFor();
    await visitor.page.getByRole('button', { name: /Add.*rule/ }).click();
    await visitor.page.locator('#binocle-level-0-regex').fill('(broken');
    await visitor.page.getByText('The regular expression has a mistake').waitFor();
    await visitor.screen('settings-rules');
  });

  test('a level rule is tried on a line, and a regex that only the browser has is said to colour only', async () => {
    await visitor.open('/explore/?page=config');
    const levels = visitor.page.getByRole('region', { name: 'Levels' });
    const found = levels.getByRole('status', { name: 'Level found' });
    await levels.getByLabel('Line to find the level of').fill('10.0.0.1 - - [20/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 502 157');
    await found.getByText('error').waitFor();
    await levels.getByRole('button', { name: 'Add level rule' }).click();
    const rule = levels.getByRole('group', { name: 'Level rule 1' });
    await rule.getByLabel('Regex').fill('^10\\.0');
    await rule.getByLabel('Level', { exact: true }).click();
    await visitor.option('critical').click();
    await found.getByText('critical').waitFor();
    await rule.getByLabel('Regex').fill('(?<=1)0');
    await rule.getByText('For lines only').waitFor();
    await visitor.screen('settings-levels');
    await rule.getByRole('button', { name: 'Remove level rule 1' }).click();
    await found.getByText('error').waitFor();
    // The focus does not fall out of the page with the row it was in.
    await visitor.until(async () => assert.equal(await levels.getByRole('button', { name: 'Add level rule' }).evaluate((one) => one === document.activeElement), true));
  });
}
