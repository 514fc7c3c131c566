import { existsSync } from 'node:fs';
import path from 'node:path';
import { defineConfig, devices } from '@playwright/test';
import type { PluginOptions } from '@grafana/plugin-e2e';

/** A running Grafana with the plugin installed, such as `http://localhost:3000`. Without it every test is skipped, and says so. */
const grafana = process.env.GRAFANA_URL;
const user = process.env.GRAFANA_ADMIN_USER ?? 'admin';
const password = process.env.GRAFANA_ADMIN_PASSWORD ?? 'admin';
if (!grafana && process.env.TEST_WORKER_INDEX === undefined) {
  console.error('e2e: everything is skipped, as GRAFANA_URL names no Grafana. With one: GRAFANA_URL=http://localhost:3000 npm run e2e (see docs/testing.md)');
}
const debianChromium = '/usr/bin/chromium';

const browser = {
  ...devices['Desktop Chrome'],
  launchOptions: existsSync(debianChromium) ? { executablePath: debianChromium, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] } : {},
};

export default defineConfig<PluginOptions>({
  testDir: './tests/e2e',
  testMatch: '*.spec.ts',
  fullyParallel: false,
  workers: 1,
  forbidOnly: Boolean(process.env.CI),
  // A Grafana that has only just started loads its pages slowly.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
  use: { baseURL: grafana, trace: 'retain-on-failure', user: { user, password }, grafanaAPICredentials: { user, password }, provisioningRootDir: path.resolve(__dirname, 'provisioning') } as PluginOptions,
  projects: grafana
    ? [
        { name: 'auth', testDir: path.join(path.dirname(require.resolve('@grafana/plugin-e2e')), 'auth'), testMatch: [/.*\.js/], use: browser },
        { name: 'plugin', use: { ...browser, storageState: `playwright/.auth/${user}.json` }, dependencies: ['auth'] },
      ]
    : [{ name: 'plugin', use: browser }],
});
