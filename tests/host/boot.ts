/** First import of the host: what @grafana packages read from `window` while they load. */
declare const grafanaVersion: string; // By build.mjs: whose libraries these are.

const theme = new URLSearchParams(location.search).get('theme') === 'light' ? 'light' : 'dark';
const w = window as unknown as Record<string, unknown>;

w.__grafana_public_path__ = '/explore/public/';
w.grafanaBootData = {
  assets: { dark: '', light: '' },
  navTree: [],
  user: {
    id: 1, login: 'viewer', name: 'Viewer', isSignedIn: true, orgId: 1, orgRole: 'Admin', theme, lightTheme: theme === 'light', timezone: 'browser',
    weekStart: '', locale: 'en-US', language: 'en-US', regionalFormat: 'en-US', permissions: {},
  },
  settings: {
    appSubUrl: '', appUrl: `${location.origin}/`, buildInfo: { version: grafanaVersion, env: 'production', commit: '', edition: 'Open Source' },
    featureToggles: {}, datasources: {}, panels: {}, apps: {}, licenseInfo: { enabledFeatures: {} }, unifiedAlerting: {},
  },
};
// Monaco's workers only serve languages that are not used here.
w.MonacoEnvironment = { getWorker: () => new Worker(URL.createObjectURL(new Blob(['self.onmessage=()=>{}'], { type: 'text/javascript' }))) };

export {};
