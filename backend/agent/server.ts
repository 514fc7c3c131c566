import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ServerConfig } from './config/config';
import { configPage, discoveryPage, targetsPage } from './pages';
import type { TargetManager } from './targets/target';

/** What the pages show; the agent behind may be exchanged by a reload. */
export interface ServerView {
  targets(): readonly TargetManager[];
  ready(): boolean;
  metrics(): Promise<string>;
  configText(): string;
  /** Answers an error text, or undefined when the new configuration is at work. */
  reload(): Promise<string | undefined>;
}

interface Answer {
  status: number;
  type?: string;
  headers?: Record<string, string>;
  body: string;
}

/** The agent's own pages: what Promtail serves. Answers the port. */
export async function startServer(config: ServerConfig, view: ServerView): Promise<{ port: number; close(): Promise<void> }> {
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, config, view).then(
      (result) => send(response, result),
      (error: Error) => send(response, { status: 500, body: `${error.message}\n` })
    );
  };
  const server: Server = config.tls ? createTlsServer({ cert: readFileSync(config.tls.certFile!), key: readFileSync(config.tls.keyFile!) }, handle) : createServer(handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host || undefined, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, config: ServerConfig, view: ServerView): Promise<Answer> {
  const { pathname } = new URL(request.url ?? '/', 'http://agent');
  const path = pathname.startsWith(config.prefix) ? pathname.slice(config.prefix.length) || '/' : pathname;
  switch (path) {
    case '/':
      return { status: 303, headers: { location: `${config.prefix}/targets` }, type: 'text/html; charset=utf-8', body: `<a href="${config.prefix}/targets">See Other</a>.\n\n` };
    case '/targets':
      return { status: 200, type: 'text/html; charset=utf-8', body: targetsPage(view.targets()) };
    case '/service-discovery':
      return { status: 200, type: 'text/html; charset=utf-8', body: discoveryPage(view.targets()) };
    case '/config':
      return { status: 200, type: 'text/html; charset=utf-8', body: configPage(view.configText()) };
    case '/ready':
      return config.readyCheck && !view.ready()
        ? { status: 500, body: 'Not ready: Unable to find any logs to tail. Please verify permissions, volumes, scrape_config, etc.\n' }
        : { status: 200, body: 'Ready' };
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await view.metrics() };
    case '/reload':
      return config.reload ? reload(request, view) : notFound;
    default:
      return notFound;
  }
}

const notFound: Answer = { status: 404, body: '404 page not found\n' };

async function reload(request: IncomingMessage, view: ServerView): Promise<Answer> {
  if (request.method !== 'POST') {
    return { status: 405, body: '' };
  }
  const problem = await view.reload();
  return problem === undefined ? { status: 200, body: '' } : { status: 500, body: `failed to reload config: ${problem}\n` };
}

function send(response: ServerResponse, { status, type, headers, body }: Answer): void {
  response.writeHead(status, { 'content-type': type ?? 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff', ...headers }).end(body);
}
