import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { assertAccessible } from './accessibility';
import type { World } from './world';

/** What the queries of one or two panes look like in the address, as Grafana's Explore writes them. */
export function address(left: Record<string, unknown>, right?: Record<string, unknown>, more: Record<string, string> = {}, range = { from: 'now-1h', to: 'now' }): string {
  const pane = (datasource: string, query: Record<string, unknown>) => ({ datasource, queries: [{ refId: 'A', ...query }], range });
  const panes = { left: pane('binocle', left), ...(right && { right: pane('prometheus', right) }) };
  return `/explore/?${new URLSearchParams({ panes: JSON.stringify(panes), ...more })}`;
}

/** Nothing on the page takes longer, also beside other work that leaves it a tenth of the machine. */
const waitMsMax = 30_000;
/** Between two looks at something that is not there yet. */
const pollMs = 50;
/** The hover of a word is tried again when it has not come by then. */
const hoverMsMax = 5000;
/** A page is still before its picture is taken. */
const settleMs = 1000;
const viewport = { width: 1500, height: 950 };

/**
 * Somebody at the page with mouse and keyboard. One page serves all tests, which go from address to address in it as with the back
 * button; a test that needs a page nobody has used asks for a fresh one.
 */
export class Visitor {
  page!: Page;
  /** What the console and the page itself complained about since the last `open`. */
  errors: string[] = [];
  /** The page was one for a single test. */
  private used = false;

  /** The world is there when the first test begins, not when tests are put together. */
  constructor(private readonly whereabouts: () => World) {}

  get world(): World {
    return this.whereabouts();
  }

  async open(where: string, { fresh = false, keepRoutes = false } = {}): Promise<void> {
    this.errors = [];
    if (!this.page || fresh || this.used) {
      await this.page?.context().close();
      await this.start(where);
    } else {
      if (!keepRoutes) {
        await this.page.unrouteAll();
      }
      await this.page.mouse.move(0, 0);
      await this.page.evaluate((url) => {
        history.pushState(null, '', url);
        dispatchEvent(new PopStateEvent('popstate'));
      }, where);
    }
    this.used = fresh;
  }

  /** A test that makes the server refuse something says what the browser will note of it. */
  expectErrors(pattern: RegExp): void {
    this.errors = this.errors.filter((text) => !pattern.test(text));
  }

  private async start(where: string): Promise<void> {
    const context = await this.world.browser.newContext({ viewport, acceptDownloads: true, permissions: ['clipboard-read', 'clipboard-write'] });
    this.page = await context.newPage();
    this.page.setDefaultTimeout(waitMsMax);
    this.page.on('pageerror', (error) => this.errors.push(`page error: ${error.name} ${error.message} ${error.stack ?? ''}`));
    this.page.on('console', (message) => message.type() === 'error' && this.errors.push(`console: ${message.text()} ${message.location().url}`));
    // What is thrown and is no error reaches a test as the word "Object"; the console says what it was.
    await this.page.addInitScript(() => addEventListener('unhandledrejection', ({ reason }) => reason instanceof Error || console.error('unhandled rejection', JSON.stringify(reason))));
    await this.page.goto(this.world.base + where);
  }

  get left(): Locator {
    return this.page.getByRole('region', { name: 'Left pane' });
  }

  get right(): Locator {
    return this.page.getByRole('region', { name: 'Right pane' });
  }

  lines(pane = this.left): Locator {
    return pane.getByRole('group', { name: 'Log lines' }).getByRole('button', { expanded: false });
  }

  /** The place where LogQL is typed. */
  get editor(): Locator {
    return this.left.locator('.monaco-editor[role=code]');
  }

  async run(): Promise<void> {
    await this.left.getByRole('button', { name: 'Run query' }).click();
  }

  /** Series in the legends of the left pane; Grafana 10 names them by another attribute. */
  legend(series = ''): Locator {
    return this.left.locator(`[data-testid^="data-testid VizLegend series ${series}"], [aria-label^="VizLegend series ${series}"]`);
  }

  /** An item of an open select by what it says first; in older Grafanas items have no role. */
  option(text: string): Locator {
    return this.page.locator('[role=option], [data-testid="data-testid Select option"], [aria-label="Select option"]').filter({ hasText: new RegExp(`^${text}`) }).first();
  }

  /** Chooses in a group of radio buttons. By their labels: the buttons themselves have other names in Grafana 10, and lie under the labels since 12. */
  async radio(name: string, within = this.left): Promise<void> {
    await within.locator('label').filter({ hasText: new RegExp(`^${name}\\s*$`) }).dispatchEvent('click');
  }

  /** Puts a whole query into the code editor, as pasted: no brackets that close themselves. */
  async paste(text: string): Promise<void> {
    await this.editor.click();
    await this.page.keyboard.press('Control+A');
    await this.page.keyboard.press('Delete');
    await this.page.keyboard.insertText(text);
    await this.page.keyboard.press('Escape');
  }

  async pasteAndRun(text: string): Promise<void> {
    await this.paste(text);
    await this.page.keyboard.press('Shift+Enter');
  }

  /** Types a text at the end of an empty code editor; the last sign by key, as that opens completion. */
  async typeQuery(text: string): Promise<void> {
    await this.paste(text.slice(0, -1) || ' ');
    if (text.length === 1) {
      await this.page.keyboard.press('Backspace');
    }
    await this.page.keyboard.type(text.slice(-1));
  }

  /** One item of the completion list; what stands beside it counts too. */
  offered(text: string | RegExp): Locator {
    return this.page.locator('.suggest-widget.visible .monaco-list-row', { hasText: text }).first();
  }

  /** Takes the item of the completion list that begins so, once it is the chosen one. */
  async take(text: string): Promise<void> {
    await this.page.locator('.suggest-widget.visible .monaco-list-row.focused').filter({ hasText: new RegExp(`^\\W*${text}`) }).waitFor();
    await this.page.keyboard.press('Tab');
  }

  /** All items of the completion list that are on screen, each as its label and what stands beside it. */
  async allOffered(): Promise<string[]> {
    await this.offered(/./).waitFor();
    return this.page.locator('.suggest-widget.visible .monaco-list-row').allInnerTexts();
  }

  /** A word of the code editor. */
  word(text: string): Locator {
    return this.left.locator('.view-line span[class^=mtk]', { hasText: new RegExp(`^\\W*${text}\\W*$`) }).first();
  }

  /** Rests on a word of the code editor until its hover says a text; one that comes while the page is still drawn goes at once. */
  async hoverWord(text: string, said: string): Promise<void> {
    await this.until(async () => {
      await this.page.mouse.move(0, 0);
      await this.word(text).hover();
      await this.page.locator('.monaco-hover', { hasText: said }).waitFor({ timeout: hoverMsMax });
    });
  }

  /** Until the code editor of the left pane shows a text; what a key does may take a moment to be drawn. */
  async untilCode(expected: string | RegExp): Promise<void> {
    await this.until(async () => {
      const text = (await this.left.locator('.view-lines').innerText()).replace(/\u00a0/g, ' ');
      if (typeof expected === 'string') {
        assert.equal(text, expected);
      } else {
        assert.match(text, expected);
      }
    });
  }

  /**
   * Tries until an assertion holds. Whatever a test reads (texts, counts, values, the address) it reads in here: a page follows an
   * action a moment later, and on a busy machine that moment is long. Fails as the assertion failed last.
   */
  async until(assertion: () => Promise<void> | void): Promise<void> {
    const end = Date.now() + waitMsMax;
    for (;;) {
      try {
        return await assertion();
      } catch (error) {
        if (Date.now() > end) {
          throw error;
        }
        await this.page.waitForTimeout(pollMs);
      }
    }
  }

  /** Until there are exactly so many. */
  async untilCount(locator: Locator, count: number): Promise<void> {
    await this.until(async () => assert.equal(await locator.count(), count));
  }

  /** Until the query of the left pane, as the address has it, passes a test. */
  async untilQuery(pattern: RegExp): Promise<void> {
    await this.page.waitForFunction(({ source, flags }) => {
      const { left } = JSON.parse(new URLSearchParams(location.search).get('panes') ?? '{}');
      return new RegExp(source, flags).test(left?.queries[0].expr ?? '');
    }, { source: pattern.source, flags: pattern.flags });
  }

  /** A WebSocket cannot be opened any more, as behind some proxies; until another address is opened. */
  async blockWebSockets(): Promise<void> {
    await this.page.evaluate(() => {
      const original = window.WebSocket;
      addEventListener('popstate', () => (window.WebSocket = original), { once: true });
      window.WebSocket = class extends EventTarget {
        onclose?: (event: Event) => void;
        constructor() {
          super();
          setTimeout(() => this.onclose?.(new Event('close')));
        }
        close() {}
      } as unknown as typeof WebSocket;
    });
  }

  /** Answers requests to the data source's proxy whose path contains `part`. */
  async answer(part: string, reply: { status?: number; body: string; contentType?: string }): Promise<void> {
    await this.page.route((url) => url.pathname.includes(`/proxy/uid/binocle/`) && url.pathname.includes(part), (route) => route.fulfill({ status: 200, ...reply }));
  }

  query(): { expr: string } & Record<string, unknown> {
    return JSON.parse(new URL(this.page.url()).searchParams.get('panes') ?? '{}').left.queries[0];
  }

  /** A screen as people see it: one that all of them can use, in both themes. Pictured when `SCREENSHOTS` names a folder, for the documents. */
  async screen(name: string): Promise<void> {
    const folder = process.env.SCREENSHOTS;
    if (folder) {
      mkdirSync(folder, { recursive: true });
      // Icons come one by one.
      await this.page.waitForTimeout(settleMs);
      await this.page.screenshot({ path: path.join(folder, `${name}.png`) });
    }
    await assertAccessible(this.page, name);
  }

  async close(): Promise<void> {
    await this.page?.context().close();
  }
}
