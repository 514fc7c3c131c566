import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readConfig, startAgent, type AgentConfig } from '../agent/main';
import { makeLog as makeAgentLog } from '../agent/log';
import { parseFlags, type Flags } from '../config/flags';
import { loadServerConfig, type ServerConfig } from '../config/server';
import { withoutPassword } from '../config/storage';
import { makeLog } from '../log';
import { startServer, type RunningServer } from '../server';
import { version } from '../version';
import { reportConfig, serverBooleans } from './serve';
import { untilStopped } from './signals';

const defaultTail = '/var/log/*log';

/** `binocle up`: server and agent in one process. */
export async function up(words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const flags = parseFlags(words, serverBooleans);
  const config = loadServerConfig({ flags, env });
  const log = makeLog(config.logLevel === 'info' && !flags.values.has('log.level') ? 'warn' : config.logLevel, config.logFormat);
  reportConfig(config, log);
  const stopped = untilStopped(log);
  const server = await startServer(config, log, env);
  const agentConfig = agentConfigOf(flags, config, server);
  const agentLog = makeAgentLog(config.logLevel === 'debug' ? 'debug' : 'warn', config.logFormat, (line) => process.stderr.write(`${line}\n`));
  const agent = await startAgent(agentConfig, { log: agentLog }).catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  process.stdout.write(welcome(config, server, flags));
  await stopped;
  await agent.stop();
  await server.stop();
  process.stdout.write('binocle stopped\n');
  return 0;
}

/** The agent's own file, or one that tails what the flags name; without clients it sends to the server beside it. */
function agentConfigOf(flags: Flags, config: ServerConfig, server: RunningServer): AgentConfig {
  const file = flags.values.get('agent.config.file');
  const text = file === undefined ? tailConfig(flags.all.get('tail') ?? [defaultTail], config) : readFileSync(file, 'utf8');
  const url = `${server.url.replace('//localhost', '//127.0.0.1')}/loki/api/v1/push`;
  const own = JSON.stringify({ clients: [{ url, batchwait: '500ms' }] });
  const withClients = /^clients?:/m.test(text) ? text : `${text}\nclients: ${own.slice('{"clients":'.length, -1)}\n`;
  return readConfig(withClients);
}

/** A Promtail configuration in JSON, which is YAML. */
function tailConfig(globs: string[], config: ServerConfig): string {
  const jobs = globs.map((glob, i) => ({
    job_name: i === 0 ? 'varlogs' : `tail${i}`,
    static_configs: [{ targets: ['localhost'], labels: { job: glob === defaultTail ? 'varlogs' : path.basename(path.dirname(glob)) || 'tail', __path__: path.resolve(glob) } }],
  }));
  const positions = config.store === 'memory' ? path.join('/tmp', `binocle-positions-${process.pid}.yaml`) : path.join(config.dataDir, 'positions.yaml');
  return [`server: ${JSON.stringify({ disable: true })}`, `positions: ${JSON.stringify({ filename: path.resolve(positions) })}`, `scrape_configs: ${JSON.stringify(jobs)}`].join('\n');
}

/** What is said when everything runs. */
export function welcome(config: ServerConfig, server: Pick<RunningServer, 'url' | 'exploreUrl'>, flags: Flags): string {
  const tails = flags.values.get('agent.config.file') ?? (flags.all.get('tail') ?? [defaultTail]).join(' ');
  const page = server.exploreUrl === undefined ? '' : `\n  explore       ${server.exploreUrl}`;
  return `binocle ${version} is up
  listens on    ${server.url}
  data in       ${config.store === 'sqlite' ? path.resolve(config.dataDir) : withoutPassword(config.store)}
  tails         ${tails}${page}
  in Grafana    Connections > Data sources > Add > Binocle (or Loki), URL ${server.url}
  in a terminal npm run -s binocle -- query '{job="varlogs"}' --addr ${server.url}
Ctrl+C stops it.
`;
}
