import { EventBusSrv, type DataSourceApi, type DataSourceInstanceSettings, type DataSourcePlugin } from '@grafana/data';
import * as runtime from '@grafana/runtime';
import { EMPTY, of } from 'rxjs';
import { HostBackendSrv } from './backendSrv';
import { HostPrometheus } from './prometheus';
import { templateSrv } from './variables';

export const events = new EventBusSrv();

/** Sets Grafana's run-time services. Names differ between versions, so each setter is called only where it exists. */
export function setServices(sources: Map<string, DataSourceApi>, settings: DataSourceInstanceSettings[]) {
  const set = runtime as unknown as Record<string, ((service: unknown) => void) | undefined>;
  const nothing = { getConnectionState: () => of(true), getStream: () => EMPTY, getDataStream: () => EMPTY, getQueryData: () => EMPTY, getPresence: () => EMPTY, publish: async () => ({}) };
  set.setBackendSrv?.(new HostBackendSrv());
  set.setTemplateSrv?.(templateSrv);
  set.setAppEvents?.(events);
  set.setLocationSrv?.({ update: () => undefined });
  set.setEchoSrv?.({ addBackend: () => undefined, addEvent: () => undefined, flush: () => undefined });
  set.setGrafanaLiveSrv?.(nothing);
  set.setPluginLinksHook?.(() => ({ links: [], isLoading: false }));
  set.setPluginComponentsHook?.(() => ({ components: [], isLoading: false }));
  set.setPluginFunctionsHook?.(() => ({ functions: [], isLoading: false }));
  set.setPluginComponentHook?.(() => ({ component: undefined, isLoading: false }));
  set.setDataSourceSrv?.({
    get: async (ref: string | { uid?: string } | null) => {
      const uid = typeof ref === 'string' ? ref : (ref?.uid ?? settings[0].uid);
      const found = sources.get(uid);
      if (!found) {
        throw new Error(`Data source ${uid} was not found`);
      }
      return found;
    },
    getList: () => settings,
    getInstanceSettings: (ref: string | { uid?: string } | null) => {
      const uid = typeof ref === 'string' ? ref : ref?.uid;
      return settings.find((one) => one.uid === uid || one.name === uid);
    },
    reload: () => undefined,
    registerRuntimeDataSource: () => undefined,
  });
}

export type LogsPlugin = DataSourcePlugin<DataSourceApi>;

/** Fills `sources` and `settings` with the two data sources of the page. */
export function makeSources(
  plugin: LogsPlugin,
  pluginJson: Record<string, unknown>,
  prometheus: boolean,
  jsonData: Record<string, unknown>,
  sources: Map<string, DataSourceApi>,
  settings: DataSourceInstanceSettings[]
) {
  // Grafana's server makes the paths of logos absolute.
  const logo = 'plugin/img/logo.svg';
  const info = { ...(pluginJson.info as object), logos: { small: logo, large: logo } };
  const meta = { ...pluginJson, info, module: 'explore/plugin/module.js', baseUrl: 'explore/plugin' } as unknown as DataSourceInstanceSettings['meta'];
  plugin.meta = meta;
  const common = { access: 'proxy' as const, readOnly: false };
  const logs: DataSourceInstanceSettings = {
    ...common, id: 1, uid: 'binocle', name: 'Binocle', type: String(pluginJson.id), url: '/api/datasources/proxy/uid/binocle', jsonData: { prometheusUid: prometheus ? 'prometheus' : undefined, ...jsonData } as DataSourceInstanceSettings['jsonData'], meta,
  };
  const metrics: DataSourceInstanceSettings = {
    ...common, id: 2, uid: 'prometheus', name: 'Prometheus', type: 'prometheus', url: '/api/datasources/proxy/uid/prometheus', jsonData: {}, meta: { ...meta, id: 'prometheus', name: 'Prometheus' },
  };
  settings.push(...(prometheus ? [logs, metrics] : [logs]));
  const make = (one: DataSourceInstanceSettings): DataSourceApi => {
    const source = (one === logs ? new plugin.DataSourceClass(one) : new HostPrometheus(one)) as DataSourceApi;
    return Object.assign(source, { meta: one.meta, type: one.type, name: one.name, uid: one.uid });
  };
  for (const one of settings) {
    sources.set(one.uid, make(one));
  }
}
