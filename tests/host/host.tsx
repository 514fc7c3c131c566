import './boot';
import { css } from '@emotion/css';
import * as data from '@grafana/data';
import { createTheme, monacoLanguageRegistry, type DataSourceApi, type DataSourceInstanceSettings, type DataSourceSettings, type GrafanaTheme2 } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { config } from '@grafana/runtime';
import * as ui from '@grafana/ui';
import { Alert, ErrorBoundaryAlert, GlobalStyles, PortalContainer, TimeRangePicker, ToolbarButton, useStyles2 } from '@grafana/ui';
import React, { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Dashboard, type DashboardSource } from './Dashboard';
import { loadPlugin } from './loadPlugin';
import { Pane } from './Pane';
import { makeSources, setServices, type LogsPlugin } from './services';
import { rangeTexts, readState, timeRangeOf, writeState, type PageState, type PaneState } from './urlState';

/** In @grafana/ui before 10.2. */
const ThemeContext = (data as Partial<Pick<typeof data, 'ThemeContext'>>).ThemeContext ?? (ui as unknown as Pick<typeof data, 'ThemeContext'>).ThemeContext;

interface AppProps {
  plugin: LogsPlugin;
  sources: Map<string, DataSourceApi>;
  settings: DataSourceInstanceSettings[];
}

/** `jsonData` a visitor saved on the config page of this preview. */
const savedKey = 'binocle.preview.jsonData';

const themeOf = (mode: PageState['theme']) => createTheme({ colors: { mode } });

/** The page in its colours, which change without a reload, as Grafana's do. */
function App(props: AppProps) {
  const [theme, setTheme] = useState(config.theme2);
  const onTheme = useCallback((mode: PageState['theme']) => {
    if (config.theme2.isDark !== (mode === 'dark')) {
      config.theme2 = themeOf(mode);
      setTheme(config.theme2);
    }
  }, []);
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <ErrorBoundaryAlert>
        <Page {...props} onTheme={onTheme} />
      </ErrorBoundaryAlert>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

function Page({ plugin, sources, settings, onTheme }: AppProps & { onTheme(mode: PageState['theme']): void }) {
  const styles = useStyles2(getStyles);
  const [state, setState] = useState<PageState>(() => readState(location.search));
  const [runs, setRuns] = useState(0);
  const [visit, setVisit] = useState(0);
  // A relative range such as "last hour" moves on with every run.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const range = useMemo(() => timeRangeOf(state), [state.from, state.to, runs, visit]);
  const update = (change: Partial<PageState>) => setState((before) => ({ ...before, ...change }));
  useEffect(() => {
    history.replaceState(null, '', writeState(state));
  }, [state]);
  useEffect(() => onTheme(state.theme), [state.theme, onTheme]);
  useEffect(() => {
    // Another address without a reload, such as the browser's back button: everything starts anew there.
    const moved = () => {
      setState(readState(location.search));
      setVisit((before) => before + 1);
    };
    addEventListener('popstate', moved);
    return () => removeEventListener('popstate', moved);
  }, []);
  const setPane = (index: number, pane: PaneState) => setState((before) => ({ ...before, panes: before.panes.map((old, at) => (at === index ? pane : old)) }));
  const open = (pane: PaneState) => setState((before) => ({ ...before, panes: [before.panes[0], pane] }));
  const openOther = () => open(settings.length > 1 ? { uid: settings[1].uid, query: { refId: 'A', expr: 'node_load1' } } : { ...state.panes[0] });
  const go = (change: Partial<PageState>) => location.assign(writeState({ ...state, ...change }));
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <img src="plugin/img/logo.svg" alt="" width={26} height={26} />
        <h1 className={styles.brand}>Binocle</h1>
        <span className={styles.preview}>{{ config: 'Data source settings', dashboard: 'Dashboard preview', explore: 'Explore preview' }[state.page]}</span>
        <span className={styles.grow} />
        {state.page !== 'config' && (
          <>
            {state.page === 'explore' && (
              <ToolbarButton icon="columns" variant={state.panes.length > 1 ? 'active' : 'canvas'} aria-label={state.panes.length > 1 ? 'Unsplit' : 'Split'} onClick={() => (state.panes.length > 1 ? update({ panes: [state.panes[0]] }) : openOther())}>
                {state.panes.length > 1 ? 'Unsplit' : 'Split'}
              </ToolbarButton>
            )}
            <TimeRangePicker
              value={range}
              timeZone="browser"
              onChange={(value) => update(rangeTexts(value.raw))}
              onChangeTimeZone={() => undefined}
              onMoveBackward={() => update(shifted(range, -1))}
              onMoveForward={() => update(shifted(range, 1))}
              onZoom={() => update(zoomedOut(range))}
            />
            <ToolbarButton icon="sync" variant="primary" aria-label="Run all queries" onClick={() => setRuns(runs + 1)} />
          </>
        )}
        <ToolbarButton icon="apps" variant={state.page === 'dashboard' ? 'active' : 'canvas'} aria-label="Dashboard" onClick={() => go({ page: state.page === 'dashboard' ? 'explore' : 'dashboard' })} />
        <ToolbarButton icon="cog" aria-label={state.page === 'config' ? 'Explore' : 'Settings'} onClick={() => go({ page: state.page === 'config' ? 'explore' : 'config' })} />
        <ToolbarButton icon="adjust-circle" aria-label="Change theme" onClick={() => update({ theme: state.theme === 'light' ? 'dark' : 'light' })} />
      </header>
      {state.page === 'dashboard' ? (
        <Dashboard key={visit} source={sources.get(settings[0].uid) as unknown as DashboardSource} query={state.panes[0].query} range={range} onChange={(query) => setPane(0, { uid: settings[0].uid, query: query as PaneState['query'] })} />
      ) : state.page === 'config' ? (
        <ConfigPage key={visit} plugin={plugin} settings={settings[0]} />
      ) : (
        <main className={styles.panes}>
          {state.panes.map((pane, index) => (
            <ErrorBoundaryAlert key={`${visit} ${index}`}>
              <Pane
                name={index === 0 ? 'Left' : 'Right'}
                state={pane}
                sources={sources}
                settings={settings}
                range={range}
                runs={runs}
                onChange={(changed) => setPane(index, changed)}
                onZoom={({ from, to }) => update({ from: String(Math.round(from)), to: String(Math.round(to)) })}
                onSplit={open}
                addressOf={(line) => location.origin + location.pathname + writeState({ ...state, panes: [{ ...pane, line }], from: String(range.from.valueOf()), to: String(range.to.valueOf()) })}
                onClose={state.panes.length > 1 ? () => update({ panes: state.panes.filter((_, at) => at !== index) }) : undefined}
              />
            </ErrorBoundaryAlert>
          ))}
        </main>
      )}
    </div>
  );
}

/** The plugin's own settings form with Save & test, kept in the browser. */
function ConfigPage({ plugin, settings }: { plugin: LogsPlugin; settings: DataSourceInstanceSettings }) {
  const styles = useStyles2(getStyles);
  const [options, setOptions] = useState<DataSourceSettings>(() => ({
    id: 1,
    uid: settings.uid,
    orgId: 1,
    name: settings.name,
    typeLogoUrl: '',
    type: settings.type,
    typeName: 'Binocle',
    access: 'proxy',
    url: 'http://localhost:3100',
    user: '',
    database: '',
    basicAuth: false,
    basicAuthUser: '',
    isDefault: true,
    jsonData: settings.jsonData,
    secureJsonData: {},
    secureJsonFields: {},
    readOnly: false,
    withCredentials: false,
  }));
  const [health, setHealth] = useState<{ status: string; message: string }>();
  const Editor = plugin.components.ConfigEditor!;
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const test = async () => {
    localStorage.setItem(savedKey, JSON.stringify(latest.current.jsonData));
    const source = new plugin.DataSourceClass({ ...settings, jsonData: latest.current.jsonData });
    try {
      setHealth(await source.testDatasource());
    } catch (error) {
      setHealth({ status: 'error', message: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <main className={styles.config}>
      <Editor options={options as never} onOptionsChange={setOptions as never} />
      <div className={styles.save}>
        <ToolbarButton variant="primary" onClick={test}>
          Save & test
        </ToolbarButton>
      </div>
      {health && <Alert severity={health.status === 'success' ? 'success' : health.status === 'warning' ? 'warning' : 'error'} title={health.message} />}
    </main>
  );
}

function shifted(range: ReturnType<typeof timeRangeOf>, sign: number) {
  const half = ((range.to.valueOf() - range.from.valueOf()) / 2) * sign;
  return { from: String(range.from.valueOf() + half), to: String(range.to.valueOf() + half) };
}

function zoomedOut(range: ReturnType<typeof timeRangeOf>) {
  const half = (range.to.valueOf() - range.from.valueOf()) / 2;
  return { from: String(range.from.valueOf() - half), to: String(range.to.valueOf() + half) };
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ height: '100%', display: 'flex', flexDirection: 'column', background: theme.colors.background.canvas, color: theme.colors.text.primary }),
  header: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 8, padding: '8px 16px', background: theme.colors.background.primary, borderBottom: `1px solid ${theme.colors.border.weak}` }),
  brand: css({ fontSize: 18, fontWeight: 500, lineHeight: 'normal', margin: 0 }),
  preview: css({ color: theme.colors.text.secondary, fontSize: 12, border: `1px solid ${theme.colors.border.medium}`, borderRadius: 10, padding: '1px 8px', marginLeft: 4 }),
  grow: css({ flex: 1 }),
  panes: css({
    flex: 1,
    display: 'flex',
    minHeight: 0,
    '> * + *': { borderLeft: `1px solid ${theme.colors.border.medium}` },
    // Side by side, two panes would be too narrow to read: one stands under the other, each with half of the height.
    '@media (max-width: 700px)': { flexDirection: 'column', '> * + *': { borderLeft: 'none', borderTop: `1px solid ${theme.colors.border.medium}` } },
  }),
  config: css({ flex: 1, overflow: 'auto', padding: '16px 32px 48px', maxWidth: 960, '@media (max-width: 700px)': { padding: '16px 16px 48px' } }),
  save: css({ margin: '24px 0 16px' }),
});

/** Prometheus is only shown where the server passes requests on to one. */
async function hasPrometheus(): Promise<boolean> {
  const answer = await fetch('/api/datasources').catch(() => undefined);
  if (!answer?.ok) {
    return true;
  }
  const list: unknown = await answer.json();
  return Array.isArray(list) && list.some((one) => one.uid === 'prometheus');
}

async function start() {
  config.theme2 = themeOf(readState(location.search).theme);
  void monacoLanguageRegistry;
  await initPluginTranslations('grafana', []);
  // Before the plugin is loaded: it may ask for services while its modules start.
  const [prometheus, pluginJson] = await Promise.all([hasPrometheus(), fetch('plugin/plugin.json').then((answer) => answer.json())]);
  const sources = new Map<string, DataSourceApi>();
  const settings: DataSourceInstanceSettings[] = [];
  setServices(sources, settings);
  const plugin = await loadPlugin(new URL('plugin/module.js', document.baseURI).href);
  const saved = JSON.parse(localStorage.getItem(savedKey) ?? '{}');
  makeSources(plugin, pluginJson, prometheus, saved, sources, settings);
  for (const source of sources.values()) {
    source.components = source.type === pluginJson.id ? plugin.components : undefined;
  }
  createRoot(document.getElementById('root')!).render(<App plugin={plugin} sources={sources} settings={settings} />);
}

start().catch((error: unknown) => {
  document.getElementById('root')!.textContent = `The page could not start: ${error instanceof Error ? error.message : String(error)}`;
  throw error;
});
