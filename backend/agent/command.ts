import { existsSync, readFileSync } from 'node:fs';
import { expandEnv } from '../config/expandEnv';
import { Agent } from './agent';
import { type AgentConfig, readConfig } from './config/config';
import { jobsWithoutPath } from './config/noPath';
import { withLine } from './config/lines';
import { unknownKey } from './config/section';
import { ConfigError } from './config/yaml';
import { type AgentFlags, FlagError, flagsHelp, parseAgentFlags } from './flags';
import { type Log, makeLog } from './log';
import { maskSecrets } from './maskSecrets';
import { RunMetrics } from './runMetrics';
import { startServer } from './server';
import { planScrapes } from './stages';
import { agentVersion } from './version';

/** What a process gives a command. */
export interface AgentProcess {
  env: Readonly<Record<string, string | undefined>>;
  stdin: NodeJS.ReadableStream;
  stdout: { write(text: string): void };
  stderr: { write(text: string): void };
  /** Calls back for SIGTERM, SIGINT (`stop`) and SIGHUP (`reload`); answers how to stop listening. */
  onSignal(listener: (what: 'stop' | 'reload') => void): () => void;
}

/** `binocle agent ...` with Promtail's flags. Answers the exit status. */
export async function runAgentCommand(words: readonly string[], host: AgentProcess = nodeProcess()): Promise<number> {
  let flags: AgentFlags;
  try {
    flags = parseAgentFlags(words);
  } catch (error) {
    if (!(error instanceof FlagError)) {
      throw error;
    }
    host.stderr.write(`${error.message}\n`);
    return 2;
  }
  if (flags.help) {
    host.stdout.write(`Usage of binocle agent:\n${flagsHelp()}`);
    return 0;
  }
  if (flags.version) {
    host.stdout.write(`binocle agent, version ${agentVersion}\n`);
    return 0;
  }
  let loaded: Loaded;
  try {
    loaded = load(flags, host);
  } catch (error) {
    if (error instanceof NoConfigError) {
      host.stderr.write(`${error.message}\n`);
      return 1;
    }
    host.stderr.write(`Unable to parse config: ${(error as Error).message}\n`);
    return 1;
  }
  return flags.checkSyntax ? checkSyntax(loaded, host) : new Runner(flags, loaded, host).run();
}

/** No file was named, and the one that is read then is not there. */
class NoConfigError extends Error {}

interface Loaded {
  config: AgentConfig;
  text: string;
  file: string;
}

function load(flags: AgentFlags, host: AgentProcess): Loaded {
  const file = flags.configFiles.find((name) => canRead(name)) ?? flags.configFiles[0] ?? 'config.yaml';
  const isMissing = flags.configFiles.length === 0 && !existsSync(file);
  if (isMissing && !flags.values.some(({ path }) => path.join('.') === 'client.url')) {
    throw new NoConfigError("which configuration? Give one in Promtail's YAML with -config.file=FILE (without it config.yaml is read, which is not here)");
  }
  const written = isMissing ? '' : readFileSync(file, 'utf8');
  let text = written;
  try {
    text = flags.expandEnv ? expandEnv(written, host.env) : written;
    return { config: readConfig(text, flags.values), text, file };
  } catch (error) {
    const hint = flags.expandEnv || !written.includes('${') ? '' : '. Use `-config.expand-env=true` flag if you want to expand environment variables in your config file';
    throw new Error(`${file}: ${withLine((error as Error).message, text)}${hint}`);
  }
}

function canRead(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    // The next file of the list may do; if none does, reading it again says why.
    return false;
  }
}

/** Keys that do not exist are refused here, as Promtail does; a running agent says so and works. */
function checkSyntax({ config, text }: Loaded, host: AgentProcess): number {
  try {
    const mistakes = config.ignored.filter(({ mistake }) => mistake);
    if (mistakes.length > 0) {
      throw new ConfigError(mistakes.map(unknownKey).join('\n'));
    }
    if (config.clients.length === 0) {
      throw new ConfigError('at least one client config must be provided');
    }
    planScrapes(config.scrapes);
  } catch (error) {
    host.stderr.write(`Invalid config: ${withLine((error as Error).message, text)}\n`);
    return 1;
  }
  const say = (line: string): void => host.stderr.write(`${line}\n`);
  report(config, text, say);
  jobsWithoutPath(config.scrapes).forEach(say);
  host.stdout.write('Valid config file! No syntax issues found\n');
  return 0;
}

/** Says once what was repaired and what has no effect. */
function report(config: AgentConfig, text: string, say: (line: string) => void): void {
  config.warnings.forEach(say);
  config.ignored.filter(({ mistake }) => mistake).forEach((key) => say(`${withLine(unknownKey(key), text)}; it is ignored`));
  const withoutEffect = config.ignored.filter(({ mistake }) => !mistake);
  if (withoutEffect.length > 0) {
    say(`keys of the configuration that have no effect here: ${withoutEffect.map(({ key }) => key).join(', ')}`);
  }
}

/** A running agent with its pages; a reload exchanges the agent and keeps the pages. */
class Runner {
  private readonly log: Log;
  private readonly metrics = new RunMetrics();
  private agent: Agent | undefined;
  private end!: (status: number) => void;
  private reloading: Promise<string | undefined> | undefined;

  constructor(
    private readonly flags: AgentFlags,
    private loaded: Loaded,
    private readonly host: AgentProcess
  ) {
    const { config } = loaded;
    this.log = makeLog(config.logLevel, config.logFormat, (line) => host.stderr.write(`${line}\n`));
  }

  async run(): Promise<number> {
    const { config } = this.loaded;
    if (this.flags.printConfig) {
      this.host.stderr.write(`# Loki Config\n${maskSecrets(this.loaded.text)}\n`);
    }
    try {
      this.agent = this.makeAgent(config);
    } catch (error) {
      const message = withLine((error as Error).message, this.loaded.text);
      this.log.error('error creating promtail', { error: message });
      this.host.stderr.write(`error creating promtail: ${message}\n`);
      return 1;
    }
    report(config, this.loaded.text, (line) => this.log.warn(line));
    const ended = new Promise<number>((resolve) => (this.end = resolve));
    const stopListening = this.host.onSignal((what) => (what === 'stop' ? this.end(0) : void this.reload()));
    const server = config.server.disabled ? undefined : await this.serve();
    try {
      await this.agent.start();
      void this.agent.ended().then(() => this.end(0));
      return await ended;
    } finally {
      await this.reloading;
      await this.agent.stop();
      stopListening();
      await server?.close();
    }
  }

  private makeAgent(config: AgentConfig): Agent {
    const { flags, host, log } = this;
    return new Agent(config, {
      log,
      env: host.env,
      dryRun: flags.dryRun ? host.stdout : undefined,
      inspect: flags.inspect ? host.stderr : undefined,
      stdin: flags.stdin || config.stdin ? host.stdin : undefined,
    });
  }

  private async serve(): Promise<{ port: number; close(): Promise<void> } | undefined> {
    const { config } = this.loaded;
    try {
      const server = await startServer(config.server, {
        targets: () => this.agent?.targets ?? [],
        ready: () => this.agent?.ready ?? false,
        metrics: async () => ((await this.agent?.metrics.text()) ?? '') + (await this.metrics.text()),
        configText: () => maskSecrets(this.loaded.text),
        reload: () => this.reload(),
      });
      this.log.info('server listening on addresses', {
        http: `${shownHost(config.server.host)}:${server.port}`,
        reachable: config.server.isHostWritten ? undefined : 'from this machine only; server.http_listen_address: 0.0.0.0 opens the pages to others',
      });
      return server;
    } catch (error) {
      // Lines matter more than pages: with the port taken the agent collects without them.
      this.log.error('cannot serve pages', { port: config.server.port, error: (error as Error).message });
      return undefined;
    }
  }

  /** Reads the configuration again; a wrong one leaves the old agent at work. */
  private reload(): Promise<string | undefined> {
    this.reloading ??= this.doReload().finally(() => (this.reloading = undefined));
    return this.reloading;
  }

  private async doReload(): Promise<string | undefined> {
    if (!this.loaded.config.server.reload) {
      return 'runtime reload is not enabled (server.enable_runtime_reload)';
    }
    try {
      const next = load(this.flags, this.host);
      planScrapes(next.config.scrapes);
      if (next.config.clients.length === 0) {
        throw new ConfigError('at least one client config must be provided');
      }
      await this.agent?.stop();
      this.loaded = next;
      this.agent = this.makeAgent(next.config);
      await this.agent.start();
      report(next.config, next.text, (line) => this.log.warn(line));
      this.metrics.reloads.inc();
      this.log.info('configuration was loaded again', { file: next.file });
      return undefined;
    } catch (error) {
      this.metrics.failedReloads.inc();
      this.log.error('cannot load the configuration again, the old one stays at work', { error: (error as Error).message });
      return (error as Error).message;
    }
  }
}

function shownHost(host: string): string {
  return host === '' ? '[::]' : host.includes(':') ? `[${host}]` : host;
}

function nodeProcess(): AgentProcess {
  return {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    onSignal(listener) {
      const stop = () => listener('stop');
      const reload = () => listener('reload');
      process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', reload);
      return () => void process.off('SIGTERM', stop).off('SIGINT', stop).off('SIGHUP', reload);
    },
  };
}

/** Starts an agent beside a server in one process (`binocle up`). Resolves when it reads; `stop` delivers what is on its way. */
export async function startAgent(config: AgentConfig, deps: { log: Log }): Promise<{ agent: Agent; stop(): Promise<void> }> {
  const agent = new Agent(config, { log: deps.log, env: process.env });
  await agent.start();
  return { agent, stop: () => agent.stop() };
}
