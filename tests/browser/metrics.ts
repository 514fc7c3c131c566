import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type Visitor } from './visitor';

/** Both eyes: from lines to metrics and back. */
export function metricsTests(visitor: Visitor): void {
  for (const theme of ['dark', 'light']) {
    test(`split with Prometheus, ${theme}`, async () => {
      await visitor.open(address({ expr: '{job="nginxlogs"}', maxLines: 100 }, undefined, { theme }));
      await visitor.lines().first().waitFor();
      await visitor.page.getByRole('button', { name: 'Split', exact: true }).click();
      await visitor.right.getByRole('figure', { name: 'Graph' }).locator('canvas').waitFor();
      await visitor.right.getByText('web1:9100').first().waitFor();
      await visitor.screen(`split-${theme}`);
      await visitor.page.getByRole('button', { name: 'Unsplit' }).click();
      await visitor.untilCount(visitor.right, 0);
    });
  }

  test('in a narrow window the halves of a split stand one under the other', async () => {
    await visitor.open(address({ expr: '{job="nginxlogs"}', maxLines: 100 }, { expr: 'node_load1' }));
    const { width, height } = visitor.page.viewportSize()!;
    await visitor.page.setViewportSize({ width: 400, height });
    await visitor.lines().first().waitFor();
    await visitor.right.getByRole('figure', { name: 'Graph' }).locator('canvas').waitFor();
    await visitor.until(async () => {
      for (const pane of [visitor.left, visitor.right]) {
        const box = await pane.getByRole('button', { name: 'Run query' }).boundingBox({ timeout: 1000 });
        assert.ok(box && box.x + box.width <= 400 && box.y + box.height <= height, JSON.stringify(box));
      }
    });
    // Buttons that are icons there keep their names.
    await visitor.left.getByRole('button', { name: 'Live' }).waitFor();
    await visitor.page.getByRole('button', { name: 'Unsplit' }).waitFor();
    await visitor.page.setViewportSize({ width, height });
  });

  test('from a line to the metric of its machine, in the other pane', async () => {
    await visitor.open(address({ expr: '{job="nginxlogs", hostname="web1"}' }));
    await visitor.lines().filter({ hasText: '502' }).first().click();
    await visitor.left.getByRole('button', { name: 'node_load1', exact: true }).click();
    await visitor.until(async () => assert.equal(await visitor.right.getByLabel('PromQL query').inputValue(), 'node_load1{instance=~"web1(:[0-9]+)?"}'));
    await visitor.right.getByText('web1:9100').first().waitFor();
    await visitor.screen('line-to-metric');
  });

  test('changing the data source carries the labels over, and back', async () => {
    await visitor.open(address({ expr: '{hostname="web1", job="app"} |= "x"' }));
    const choose = async (name: string) => {
      await visitor.left.getByLabel('Data source').click();
      await visitor.option(name).click();
    };
    await visitor.editor.waitFor();
    await choose('Prometheus');
    await visitor.until(async () => assert.equal(await visitor.left.getByLabel('PromQL query').inputValue(), 'node_load1{instance=~"web1(:[0-9]+)?"}'));
    await visitor.left.getByLabel('PromQL query').fill('node_load1{instance="web1:9100"}');
    await choose('Binocle');
    await visitor.lines().first().waitFor();
    await visitor.untilCode('{hostname="web1"}');
  });

  test('which metric moved: the load comes out on top', async () => {
    // Without what the real machine does meanwhile.
    await visitor.open(address({ expr: '{job="nginxlogs"}' }, undefined, {}, { from: visitor.world.minutesBack(60), to: visitor.world.minutesBack(0) }));
    await visitor.left.getByText('Errors only').click();
    await visitor.left.getByRole('button', { name: 'Which metric moved?' }).click();
    const first = visitor.left.getByRole('list', { name: 'Metrics that moved' }).getByRole('listitem').first();
    await first.waitFor({ timeout: 60_000 });
    await visitor.screen('moved');
    assert.match(await first.innerText(), /node_load1/);
    // In a narrow window everything is still there to be read and pressed.
    const { width, height } = visitor.page.viewportSize()!;
    await visitor.page.setViewportSize({ width: 600, height });
    await visitor.until(async () => {
      for (const part of [first.locator('code'), first.getByRole('link', { name: 'Open in split' })]) {
        const box = await part.boundingBox();
        assert.ok(box && box.x + box.width <= 600, JSON.stringify(box));
      }
    });
    await visitor.page.setViewportSize({ width, height });
    await first.getByRole('link', { name: 'Open in split' }).click();
    await visitor.right.getByText('web1:9100').first().waitFor();
    // A new page: Grafana 10 calls it an error when the code editor is given up before it is there.
    await visitor.editor.waitFor();
  });

  test('which patterns grew: kinds of lines with what they were before, and the query for one of them alone', async () => {
    // Eight minutes of trouble, after a time with two.
    await visitor.open(address({ expr: '{job="nginxlogs"}' }, undefined, {}, { from: visitor.world.minutesBack(29), to: visitor.world.minutesBack(18) }));
    await visitor.left.getByRole('button', { name: 'Which patterns grew?' }).click();
    const grown = visitor.left.getByRole('list', { name: 'Patterns that grew' }).getByRole('listitem').filter({ hasText: 'Connection refused' });
    await grown.waitFor();
    await visitor.screen('patterns');
    let lines = '';
    await visitor.until(async () => {
      const [, now, before] = /(\d+) lines, (\d+) before/.exec(await grown.innerText()) ?? [];
      assert.ok(Number(now) > Number(before), `${now} lines, ${before} before`);
      lines = now;
    });
    await grown.getByRole('button', { name: /^Only these/ }).click();
    await visitor.left.getByText(`${lines} lines`, { exact: true }).waitFor();
    await visitor.untilCode(/^\{job="nginxlogs"\} \|> ".*" \| __level__="error"$/);
  });

  test('metrics and lines in one pane', async () => {
    await visitor.open(address({ expr: '{job="nginxlogs", hostname="web1"}', maxLines: 100, withMetrics: true }));
    await visitor.left.getByRole('figure', { name: 'Graph' }).locator('canvas').waitFor();
    await visitor.lines().first().waitFor();
    await visitor.screen('metrics-beside');
  });
}
