import { writeFile } from 'node:fs/promises';
import { findLabelMap, rankSeries } from '../../src/correlate';
import { rangeOf } from '../cli/range';
import { parseFlags, type Flags } from '../config/flags';
import { nsPerMs } from '../model/time';
import { discoverMap } from './discover';
import { readLabelSets, readSeries, readTarget } from './files';
import { installCorrelations } from './grafana';
import { makeJsonClient, splitCredentials } from './jsonClient';
import { fetchLogSets } from './logSets';
import { Prometheus, type TimeWindow } from './prometheus';
import { metricCorrelations, provisioningYaml } from './provision';

/** Where a command writes; tests give their own. */
export interface Output {
  write(text: string): void;
}

interface Streams {
  out: Output;
  err: Output;
}

/** A wrong use of the command: exit status 2. */
class Misuse extends Error {}

/**
 * `binocle correlate ...`; `words` are those behind `correlate`. Answers the exit status: 0 done, 1 failed (the reason is on standard error),
 * 2 asked wrongly.
 */
export async function runCorrelateCommand(words: string[], streams: Streams = { out: process.stdout, err: process.stderr }): Promise<number> {
  try {
    await dispatch(words, streams);
    return 0;
  } catch (error) {
    streams.err.write(`binocle correlate: ${(error as Error).message}\n`);
    return error instanceof Misuse ? 2 : 1;
  }
}

/** Where a Binocle or a Loki listens unless told. */
const lokiUrlDefault = 'http://127.0.0.1:3100';

async function dispatch(words: string[], { out, err }: Streams): Promise<void> {
  const flags = parseFlags(words, new Set(['provision', 'json']));
  const [what, ...rest] = flags.arguments;
  if (rest.length > 0) {
    throw new Misuse(`what is ${JSON.stringify(rest[0])}?`);
  }
  switch (what) {
    case 'map': {
      allow(flags, ['logs', 'metrics']);
      const files = [need(flags, 'logs'), need(flags, 'metrics')];
      const [logs, metrics] = await Promise.all(files.map(readLabelSets));
      out.write(`${JSON.stringify({ pairs: findLabelMap(logs, metrics) })}\n`);
      return;
    }
    case 'rank': {
      allow(flags, ['target', 'series']);
      const files = [need(flags, 'target'), need(flags, 'series')];
      const [target, series] = await Promise.all([readTarget(files[0]), readSeries(files[1])]);
      out.write(`${JSON.stringify(rankSeries(target, series))}\n`);
      return;
    }
    case undefined:
      if (!flags.values.has('prometheus')) {
        throw new Misuse('say map, rank or --prometheus URL; --help says more');
      }
      return compareRunning(flags, { out, err });
    default:
      throw new Misuse(`there is no ${JSON.stringify(what)}, only map and rank`);
  }
}

/** `--prometheus URL`: compares what runs, and prints what Grafana should be provisioned with, or installs it. */
async function compareRunning(flags: Flags, { out, err }: Streams): Promise<void> {
  allow(flags, ['prometheus', 'loki', 'org-id', 'since', 'provision', 'grafana', 'grafana-token', 'file', 'prometheus-uid', 'binocle-uid', 'json']);
  const prometheusUrl = need(flags, 'prometheus');
  const lokiUrl = flags.values.get('loki') ?? lokiUrlDefault;
  const orgId = flags.values.get('org-id');
  const signal = new AbortController().signal;
  const window = windowOf(flags);
  const loki = makeJsonClient(lokiUrl, { headers: orgId ? { 'x-scope-orgid': orgId } : {} });
  const prometheus = new Prometheus(makeJsonClient(prometheusUrl));
  const found = await discoverMap(await fetchLogSets(loki, window, signal), prometheus, window, signal);
  const options = {
    lokiUrl: splitCredentials(lokiUrl).url,
    prometheusUrl: splitCredentials(prometheusUrl).url,
    binocleUid: flags.values.get('binocle-uid') ?? 'binocle',
    prometheusUid: flags.values.get('prometheus-uid') ?? 'prometheus',
  };
  const grafana = flags.values.get('grafana');
  if (grafana !== undefined) {
    const correlations = metricCorrelations(found.pairs, options);
    const token = flags.values.get('grafana-token') ?? process.env.GRAFANA_TOKEN;
    const { created, removed } = await installCorrelations(options.prometheusUid, correlations, { url: grafana, token }, signal);
    err.write(`binocle correlate: ${created} correlations in Grafana, ${removed} of an earlier run replaced\n`);
  }
  const text = flags.values.has('json')
    ? `${JSON.stringify(found)}\n`
    : provisioningYaml(found.pairs, options, found.notes, flags.values.has('provision'));
  const file = flags.values.get('file');
  if (file !== undefined) {
    await writeFile(file, text);
    err.write(`binocle correlate: wrote ${file}\n`);
  } else {
    out.write(text);
  }
}

function windowOf(flags: Flags): TimeWindow {
  try {
    const { startNs, endNs } = rangeOf(flags, '6h');
    return { startMs: Number(startNs / nsPerMs), endMs: Number(endNs / nsPerMs) };
  } catch (error) {
    throw new Misuse((error as Error).message);
  }
}

function need(flags: Flags, name: string): string {
  const value = flags.values.get(name);
  if (value === undefined || value === 'true') {
    throw new Misuse(`--${name} is missing`);
  }
  return value;
}

function allow(flags: Flags, names: readonly string[]): void {
  for (const name of flags.values.keys()) {
    if (!names.includes(name)) {
      throw new Misuse(`there is no flag --${name} here, only ${names.map((one) => `--${one}`).join(', ')}`);
    }
  }
}
