import { existsSync, watchFile, unwatchFile } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Logger } from 'pino';
import { stringify } from 'yaml';
import { loadOverrides, type ServerConfig } from './config/server';
import type { TenantLimits } from './config/limits';
import { withoutPassword } from './config/storage';
import { createApp } from './http/app';
import { ByteBudget } from './ingest/byteBudget';
import type { AppDeps } from './http/deps';
import { attachTail } from './http/tail';
import { AnswerRoom } from './http/answerRoom';
import { QueryGate } from './http/queryGate';
import { WarmUp } from './http/warmUp';
import { Hub } from './ingest/hub';
import { PushRoom } from './ingest/pushRoom';
import { Intake } from './ingest/intake';
import { watchMemory } from './runtime/heapWatch';
import { MemoryKeeper } from './runtime/memoryKeeper';
import { Metrics } from './metrics';
import { whenQuiet } from './runtime/quiet';
import { nowNs } from './model/time';
import { LocalRunner } from './query/localRunner';
import { openStore, type OpenedStore, type StoreSettings } from './store/open';
import { version } from './version';

/** The composition root of a server: every part is made here, started in order and stopped in the opposite order. */

/** Longest that a client may take to send a whole request; room in memory is held for its body meanwhile. */
const requestMsMax = 60_000;
/** A query has up to 131,072 bytes, three times as many in a URL, and Grafana asks with GET. Node's own 16 KB are too few. */
const headerBytesMax = 512 * 1024;
/** What has come of the headers is held in memory meanwhile. */
const headersMsMax = 20_000;

export interface RunningServer {
  url: string;
  /** The page for people without Grafana, when it is built. */
  exploreUrl?: string;
  port: number;
  /** Finishes what is under way, at most `stopMsMax`, and closes the store. */
  stop(): Promise<void>;
}

/** How long requests under way may take to end when the server stops. */
const stopMsMax = 10_000;
/** How long a connection is kept for a next request then. */
const stopIdleMs = 100;
/** How often retention is applied. */
const retentionEveryMs = 10 * 60_000;
/** Ages are counted to the last full hour: taking out ten minutes' worth each time would rewrite the same blocks again and again. */
const retentionGrainNs = 3_600_000_000_000n;
/** How often a runtime configuration file is looked at. */
const runtimePollMs = 10_000;
/** Shares of the ceiling of memory: bodies of pushes as they come over the wire, pushes that are decoded and wait for the disk, and long forms of questions. */
const bodiesShare = 1 / 10;
const decodedShare = 1 / 8;
const formsShare = 1 / 32;
/** Connections, kept ones and tails among them, may take an eighth of the ceiling: one that waits takes 13 KB. What is beyond is closed at once. */
const connectionsShare = 1 / 8;
const connectionBytes = 16 * 1024;
/** A push waits so long for its turn before it is told to come again. */
const pushWaitMsMax = 10_000;

export async function startServer(config: ServerConfig, log: Logger, env: NodeJS.ProcessEnv): Promise<RunningServer> {
  const opened = await openStore({
    driver: driverOf(config.store),
    dir: config.dataDir,
    url: config.store,
    patient: true,
    keepRepeats: config.keepRepeats,
    memoryBytesMax: config.memoryBytesMax,
    readerThreads: config.readerThreads,
    seal: config.pace?.seal,
    log: (message, error) => log.warn({ err: error }, message),
  });
  const metrics = new Metrics(version);
  const limits = new LimitsByTenant(config, log, env);
  watchMemory(config.memoryBytesMax);
  const memory = new MemoryKeeper(config.memoryBytesMax, () => opened.collect?.());
  const warm = warmReaders(opened, limits, memory, log);
  const deps = makeDeps(config, opened, metrics, limits, memory, log);
  const server = createServer({ requestTimeout: requestMsMax, headersTimeout: headersMsMax, maxHeaderSize: headerBytesMax, connectionsCheckingInterval: 5_000 }, createApp(deps));
  server.keepAliveTimeout = 120_000;
  server.maxConnections = Math.floor((config.memoryBytesMax * connectionsShare) / connectionBytes);
  const closeTails = attachTail(server, deps);
  await warm.begun;
  // a day of very many streams leaves tens of megabytes of garbage in each thread, and the first question needs the room
  memory.relieve();
  try {
    await listen(server, config.port, config.host);
  } catch (error) {
    warm.stop();
    limits.stop();
    memory.stop();
    await opened.store.close();
    throw error;
  }
  const stopRetention = keepRetention(config, opened, log);
  const port = (server.address() as AddressInfo).port;
  const host = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}${config.pathPrefix}`;
  return {
    port,
    url,
    exploreUrl: deps.settings.exploreDir === undefined ? undefined : `${url}/explore/`,
    stop: async () => {
      warm.stop();
      limits.stop();
      stopRetention();
      memory.stop();
      closeTails();
      await closeServer(server);
      await opened.store.close();
      log.info('stopped');
    },
  };
}

/** Warms the reader threads of a store up, if it has any; `begun` resolves when the server may listen. */
function warmReaders({ runner, newest }: OpenedStore, limits: LimitsByTenant, memory: MemoryKeeper, log: Logger): { begun: Promise<void>; stop: () => void } {
  const ended = new AbortController();
  const stop = (): void => ended.abort();
  if (!runner || !newest) {
    return { begun: Promise.resolve(), stop };
  }
  const warmUp = new WarmUp({ runner, newest, limits: (tenant) => limits.of(tenant).server.query, now: nowNs, clockMs: () => performance.now() }, ended.signal);
  whenQuiet(() => warmUp.round(), ended.signal).then(() => memory.relieve()).catch((error: unknown) => log.warn({ err: error }, 'warming up'));
  return { begun: warmUp.atStart(), stop };
}

/** The driver of `--store`: its name, or the scheme of an address. Throws an Error for anything else. */
function driverOf(store: string): StoreSettings['driver'] {
  const scheme = store.replace(/s?:\/\/.*$/, '');
  if (scheme !== 'memory' && scheme !== 'sqlite' && (scheme !== 'clickhouse' || scheme === store)) {
    throw new Error(`--store: sqlite, memory or clickhouse://user:password@host:8123/database is expected, not ${withoutPassword(store)}`);
  }
  return scheme;
}

function makeDeps(config: ServerConfig, { store, runner }: OpenedStore, metrics: Metrics, limits: LimitsByTenant, memory: MemoryKeeper, log: Logger): AppDeps {
  const hub = new Hub();
  const room = new PushRoom(config.memoryBytesMax * decodedShare, () => memory.relieve());
  const intake = new Intake({ store, hub, room, limits: (tenant) => limits.of(tenant).ingest, events: metrics, now: nowNs });
  return {
    store,
    runner: runner ?? new LocalRunner(store),
    queryGate: new QueryGate(),
    questionGate: new QueryGate(),
    answers: new AnswerRoom(config.memoryBytesMax, () => memory.relieve()),
    live: store.live ?? hub,
    intake,
    bodyBudget: new ByteBudget(config.memoryBytesMax * bodiesShare, pushWaitMsMax, 'bodies of pushes'),
    formBudget: new ByteBudget(config.memoryBytesMax * formsShare, pushWaitMsMax, 'long forms of questions'),
    metrics,
    log,
    limits: (tenant) => limits.of(tenant).server,
    notReady: () => store.notReady?.(),
    now: nowNs,
    settings: {
      version,
      authEnabled: config.authEnabled,
      multiTenantQueries: config.multiTenantQueries,
      pushBytesMax: config.pushBytesMax,
      pathPrefix: config.pathPrefix,
      configYaml: stringify(config.content),
      configDiffYaml: stringify(config.content),
      datasources: config.datasources,
      exploreDir: config.exploreDir ?? builtExploreDir(),
    },
  };
}

/** Where `node tests/host/build.mjs` puts the page; seen from the bundle and from the sources. */
function builtExploreDir(): string | undefined {
  return ['../../tests/host/dist', '../tests/host/dist'].map((folder) => path.resolve(__dirname, folder)).find((folder) => existsSync(path.join(folder, 'index.html')));
}

/** Limits of each tenant: of the file, of its overrides, and of runtime files that may change while the server runs. */
class LimitsByTenant {
  private runtime = new Map<string, TenantLimits>();

  constructor(
    private readonly config: ServerConfig,
    private readonly log: Logger,
    private readonly env: NodeJS.ProcessEnv
  ) {
    for (const file of config.runtimeConfigFiles) {
      watchFile(file, { interval: runtimePollMs, persistent: false }, () => this.read());
    }
    this.read();
  }

  of(tenant: string): TenantLimits {
    return this.runtime.get(tenant) ?? this.config.overrides.get(tenant) ?? this.config.limits;
  }

  stop(): void {
    this.config.runtimeConfigFiles.forEach((file) => unwatchFile(file));
  }

  private read(): void {
    const runtime = new Map<string, TenantLimits>();
    for (const file of this.config.runtimeConfigFiles) {
      try {
        loadOverrides(file, this.config.limits, this.env).forEach((limits, tenant) => runtime.set(tenant, limits));
      } catch (error) {
        // A file that is broken for a moment must not take the limits away that were good until now.
        this.log.error(`runtime configuration: ${(error as Error).message}; the limits stay as they were`);
        return;
      }
    }
    this.runtime = runtime;
  }
}

function keepRetention(config: ServerConfig, { store }: OpenedStore, log: Logger): () => void {
  const { rules, bytesMax, freeBytesMin } = config.retention;
  if (rules.length === 0 && bytesMax === undefined && freeBytesMin === undefined) {
    return () => undefined;
  }
  let stopped = false;
  const apply = async (): Promise<void> => {
    try {
      const { entriesRemoved, bytesFreed } = await store.retain(config.retention, nowNs() - (nowNs() % retentionGrainNs));
      if (entriesRemoved > 0) {
        log.info({ entriesRemoved, bytesFreed }, 'retention');
      }
    } catch (error) {
      // a server that stops ends it between two pieces, and the next start goes on
      if (!stopped) {
        log.error({ err: error }, 'retention failed; it is tried again');
      }
    }
  };
  void apply();
  const timer = setInterval(() => void apply(), config.pace?.retentionEveryMs ?? retentionEveryMs);
  return () => {
    stopped = true;
    clearInterval(timer);
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new Error(error.code === 'EADDRINUSE' ? `port ${port} is taken; choose another with --port` : `can't listen on ${host}:${port}: ${error.message}`));
    });
    server.listen(port, host, resolve);
  });
}

/** Clients that send the next request as soon as one is answered would keep their connections open without end: each is told that this answer is the last. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.keepAliveTimeout = stopIdleMs;
    server.prependListener('request', (_, response) => (response.shouldKeepAlive = false));
    const force = setTimeout(() => server.closeAllConnections(), stopMsMax);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
