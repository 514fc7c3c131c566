import { stringify } from 'yaml';
import { isTrue, parseFlags } from '../config/flags';
import type { Ignored } from '../config/ignored';
import { defaultHost, loadServerConfig } from '../config/server';
import { withoutPassword } from '../config/storage';
import { makeLog } from '../log';
import { startServer } from '../server';
import { version } from '../version';
import { sayHealth } from './health';
import { untilStopped } from './signals';

export const serverBooleans = new Set(['config.expand-env', 'verify-config', 'health', 'version', 'print-config-stderr', 'auth.enabled', 'help', 'h', 'log-config-reverse-order']);

/** `binocle serve`: runs until it is told to stop. */
export async function serve(words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const flags = parseFlags(words, serverBooleans);
  if (isTrue(flags.values.get('version'))) {
    process.stdout.write(`binocle, version ${version} (speaks the API of Loki 3.4)\n`);
    return 0;
  }
  const config = loadServerConfig({ flags, env });
  if (isTrue(flags.values.get('health'))) {
    return sayHealth(config);
  }
  const log = makeLog(config.logLevel, config.logFormat);
  reportConfig(config, log);
  if (isTrue(flags.values.get('print-config-stderr'))) {
    process.stderr.write(stringify(config.content));
  }
  if (isTrue(flags.values.get('verify-config'))) {
    log.info(config.ignored.some(({ mistake }) => mistake) ? 'the configuration can be used, but see the warnings' : 'the configuration is fine');
    return 0;
  }
  const stopped = untilStopped(log);
  const server = await startServer(config, log, env);
  if (flags.values.has('config.file') && config.host === defaultHost) {
    log.info('only this machine can reach it, unlike a Loki with this file; --host 0.0.0.0 or server.http_listen_address opens it to the network');
  }
  process.stdout.write(`binocle ${version} listens on ${server.url}, data in ${config.store === 'sqlite' ? config.dataDir : withoutPassword(config.store)}\n`);
  await stopped;
  await server.stop();
  return 0;
}

/** Says once what was repaired in the configuration, and which keys have no effect and why; louder when a key looks like a mistake. */
export function reportConfig(config: { warnings: string[]; ignored: Ignored[] }, log: { warn: (text: string) => void; info: (text: string) => void }): void {
  config.warnings.forEach((warning) => log.warn(warning));
  config.ignored.forEach(({ key, why, mistake }) => log[mistake ? 'warn' : 'info'](`configuration: ${key} has no effect: ${why}`));
}
