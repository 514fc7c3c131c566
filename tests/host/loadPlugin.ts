import * as emotionCss from '@emotion/css';
import * as emotionReact from '@emotion/react';
import * as grafanaData from '@grafana/data';
import * as grafanaRuntime from '@grafana/runtime';
import * as grafanaUi from '@grafana/ui';
import * as d3 from 'd3';
import * as lodash from 'lodash';
// eslint-disable-next-line no-restricted-imports -- shared with plugins, as Grafana does
import moment from 'moment';
import * as React from 'react';
import * as ReactDOM from 'react-dom';
import * as ReactDOMClient from 'react-dom/client';
import * as rxjs from 'rxjs';
import * as rxjsOperators from 'rxjs/operators';
import type { LogsPlugin } from './services';

/** SystemJS 0.20 inside @grafana/runtime before 11. */
interface OldSystemJs {
  registerDynamic(name: string, deps: string[], executing: boolean, declare: (require: unknown, exports: unknown, module: { exports: unknown }) => void): void;
  config(options: object): void;
  import(url: string): Promise<{ plugin: LogsPlugin }>;
}

interface SystemJs {
  addImportMap(map: { imports: Record<string, string> }): void;
  set(id: string, module: object): void;
  import(url: string): Promise<{ plugin: LogsPlugin }>;
}

type Module = Record<string, unknown> & { default?: unknown };

/** CommonJS modules as Grafana shares them: members and default at once. */
const interop = (module: Module) => ({ ...module, ...(typeof module.default === 'object' ? module.default : {}), default: module.default ?? module, __useDefault: true });

/** Loads the built plugin the way Grafana does: an AMD module through SystemJS with shared libraries. `react/jsx-runtime` is left out, as in Grafana 10. */
export async function loadPlugin(url: string): Promise<LogsPlugin> {
  const shared: Record<string, object> = {
    react: interop(React as unknown as Module),
    'react-dom': interop(ReactDOM as unknown as Module),
    'react-dom/client': ReactDOMClient,
    '@emotion/css': emotionCss,
    '@emotion/react': emotionReact,
    lodash: interop(lodash as unknown as Module),
    rxjs,
    'rxjs/operators': rxjsOperators,
    d3,
    moment: { default: moment, __useDefault: true },
    '@grafana/data': grafanaData,
    '@grafana/ui': grafanaUi,
    '@grafana/runtime': grafanaRuntime,
  };
  const old = (grafanaRuntime as unknown as { SystemJS?: OldSystemJs }).SystemJS;
  if (old) {
    old.config({ baseURL: 'public', defaultExtension: 'js', meta: { '/*': { esModule: true } } });
    for (const [name, module] of Object.entries(shared)) {
      old.registerDynamic(name, [], true, (_require, _exports, target) => {
        target.exports = module;
      });
    }
    return (await old.import(url)).plugin;
  }
  const system = (window as unknown as { System: SystemJs }).System;
  system.addImportMap({ imports: Object.fromEntries(Object.keys(shared).map((name) => [name, `app:${name}`])) });
  for (const [name, module] of Object.entries(shared)) {
    system.set(`app:${name}`, module);
  }
  return (await system.import(url)).plugin;
}
