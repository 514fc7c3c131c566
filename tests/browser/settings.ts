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
    await visitor.picture('settings');
  });
}
