import { parseFlags } from '../../backend/config/flags';
import { loadServerConfig } from '../../backend/config/server';
import { makeLog } from '../../backend/log';
import { startServer } from '../../backend/server';
import { matcher } from '../../backend/store/matchers';

/**
 * A server in a process that is there to be killed. It seals after every few pushes, merges at once and applies retention all the time, so that
 * a kill meets every kind of work.
 */
async function main(): Promise<void> {
  const [dir] = process.argv.slice(2);
  const config = loadServerConfig({ flags: parseFlags(['--port', '0', '--host', '127.0.0.1', '--data', dir, '-auth.enabled=true', '-log.level=error'], new Set()), env: {} });
  config.readerThreads = 1;
  config.retention = { rules: [{ tenant: '*', matchers: [matcher('app', '=', 'gone')], ageNs: 1n }] };
  config.pace = { seal: { hotBytesMax: 24_000, hotRowsMax: 200, hotAgeMs: 50, mergeEveryMs: 0, denseAfterMs: 100, quietAfterMs: 30 }, retentionEveryMs: 40 };
  const { url } = await startServer(config, makeLog(config.logLevel, 'logfmt'), {});
  process.send?.({ url });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
