import assert from 'node:assert/strict';
import type axe from 'axe-core';
import type { Page } from 'playwright-core';

const library = require.resolve('axe-core/axe.min.js');

/** What others draw and we only place. Everything else on the page has to pass. */
const notOurs = [
  // Grafana's HTTP settings, and those of its proxy: headings and fields are its own. Ours are sections.
  '[data-testid="data-testid binocle config editor"] > :not(section)',
  // The knob of Grafana's switch is a second label of the box before it, with a name that labels can't have.
  'input[type=checkbox] + label[aria-label]',
  // The legend of Grafana's graphs: in 13 its buttons are named by what they do and not by their text.
  '[data-testid="data-testid viz-layout-legend"]',
  // Grafana's colours of a button that the pointer or the focus is on.
  'button:is(:hover, :focus)',
  // Monaco's lists, menus and announcements; what it shows of the query and in hovers is looked at.
  '.suggest-widget', '.shadow-root-host', '.monaco-aria-container', '.monaco-status',
];

/** Lines that are looked at; a thousand more are the same and take seconds. */
const linesMax = 20;
/** Colours stand still while they are compared, and lines beyond the first are not there. */
const style = `*, *::before, *::after { transition: none !important; animation: none !important }
  [aria-label="Log lines"] > [data-level]:nth-child(n + ${linesMax}):not(:focus) { display: none !important }`;
/** Rules that depend on the theme; the others say the same in both. */
const colourRules = ['color-contrast', 'link-in-text-block'];

/** Where content stands on a page is up to Grafana, which opens lists of its own beside everything. */
const rulesOff = { region: { enabled: false } };

/** Nothing on a screen breaks a rule of axe-core, in the theme it is in and in the other one. Says which rule, where and why. */
export async function assertAccessible(page: Page, screen: string): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in window))) {
    await page.addScriptTag({ path: library });
  }
  const still = await page.addStyleTag({ content: style });
  const found = await violations(page, screen);
  await changeTheme(page);
  found.push(...(await violations(page, screen, colourRules)));
  await changeTheme(page);
  await still.evaluate((element: Element) => element.remove());
  assert.ok(found.length === 0, `not accessible to everybody:\n${found.join('\n')}`);
}

/** Without the mouse: menus and hovers stay open. */
async function changeTheme(page: Page): Promise<void> {
  await page.locator('[aria-label="Change theme"]').dispatchEvent('click');
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

async function violations(page: Page, screen: string, only?: string[]): Promise<string[]> {
  const theme = new URL(page.url()).searchParams.get('theme') ?? 'dark';
  const broken = await page.evaluate(
    async ({ exclude, only, rules }) => {
      const library = (window as unknown as { axe: typeof axe }).axe;
      const { violations } = await library.run({ exclude }, { resultTypes: ['violations'], preload: false, ...(only ? { runOnly: only } : { rules }) });
      return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ target, html, failureSummary }) => ({ id, impact, where: target.join(' '), html, why: failureSummary ?? '' })));
    },
    { exclude: notOurs.map((selector) => [selector]), only, rules: rulesOff }
  );
  return broken.map(({ id, impact, where, html, why }) => `${screen}, ${theme}: ${id} (${impact})\n  at ${where}\n  ${html.slice(0, 200)}\n  ${why.replace(/\s*\n\s*/g, ' ')}`);
}
