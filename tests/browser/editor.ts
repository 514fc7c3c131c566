import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Visitor } from './visitor';

/** Writing LogQL: what the code editor does. */
export function editorTests(visitor: Visitor): void {
  test('completion offers labels, values and stages', async () => {
    await visitor.open('/explore/');
    await visitor.editor.click();
    const offered = (text: string) => visitor.page.locator('.suggest-widget .monaco-list-row', { hasText: text }).first();
    await visitor.page.keyboard.type('{');
    await offered('hostname').waitFor();
    await visitor.page.keyboard.type('job');
    await offered('job').waitFor();
    await visitor.page.keyboard.press('Tab');
    await offered('nginxlogs').waitFor();
    await visitor.picture('completion');
    await visitor.page.keyboard.type('ngi');
    await visitor.page.keyboard.press('Tab');
    await visitor.page.keyboard.press('End');
    await visitor.page.keyboard.type(' ');
    await offered('|= contains').waitFor();
    assert.match(await visitor.codeText(), /^\{job="nginxlogs"\} ?$/);
  });

  test('a mistake is marked where it is, and the server says the same', async () => {
    await visitor.open('/explore/');
    await visitor.editor.waitFor();
    await visitor.pasteAndRun('{job="nginxlogs"} |= ');
    await visitor.left.locator('.squiggly-error').waitFor();
    await visitor.left.getByText('The query failed').waitFor();
    await visitor.left.getByText(/parse error at line 1/).waitFor();
    // The browser notes the answer 400 by itself; nothing else may be there.
    visitor.expectErrors(/status of 400/);
  });
}
