import assert from 'node:assert';
import test from 'node:test';
import { GrafanaApi } from '@myunisoft/loki';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import pino from 'pino';
import { pinoLoki } from 'pino-loki';
import winston from 'winston';
import LokiTransport from 'winston-loki';
import { pushJson, queryLines, queryStreams, runServer } from './running';

/** Client libraries from npm as their users have them, against a running server. */

async function until<T>(ask: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const value = await ask();
    if (done(value) || tries > 100) {
      return value;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('pino-loki', async (context) => {
  const base = await runServer(context);
  const stream = pinoLoki({ host: base, labels: { app: 'pino' }, batching: false, silenceErrors: false } as Parameters<typeof pinoLoki>[0]);
  const log = pino({}, stream);
  log.info('first');
  log.error({ code: 7 }, 'second');
  const streams = await until(() => queryStreams(base, '{app="pino"}'), (found) => found.flatMap(({ values }) => values).length === 2);
  const lines = streams.flatMap(({ values }) => values.map(([, line]) => line)).join('\n');
  assert.match(lines, /first/);
  assert.match(lines, /second/);
});

for (const json of [true, false]) {
  test(`winston-loki, ${json ? 'json' : 'protobuf'}`, async (context) => {
    const base = await runServer(context);
    const transport = new LokiTransport({ host: base, labels: { app: 'winston' }, json, batching: false, replaceTimestamp: true, format: winston.format.simple() });
    const log = winston.createLogger({ transports: [transport] });
    log.info('hello from winston');
    log.warn('careful', { labels: { part: 'b' } });
    const lines = await until(() => queryLines(base, '{app="winston"}'), (found) => found.length === 2);
    assert.match(lines.join('\n'), /hello from winston/);
    assert.deepStrictEqual(await queryLines(base, '{app="winston", part="b"}').then((found) => found.length), 1);
  });
}

for (const [name, Exporter] of [['JSON', JsonExporter], ['protobuf', ProtoExporter]] as const) {
  for (const compression of ['none', 'gzip']) {
    test(`OTLP exporter, ${name}, ${compression}`, async (context) => {
      const base = await runServer(context);
      const exporter = new Exporter({ url: `${base}/otlp/v1/logs`, compression } as ConstructorParameters<typeof Exporter>[0]);
      const provider = new LoggerProvider({
        resource: resourceFromAttributes({ 'service.name': 'shop', 'host.arch': 'amd64' }),
        processors: [new BatchLogRecordProcessor({ exporter } as never)],
      });
      const logger = provider.getLogger('checkout', '1.2');
      logger.emit({ body: 'paid', severityNumber: SeverityNumber.WARN, severityText: 'WARN', attributes: { 'user.id': 7, ok: true, list: [1, 2] } });
      logger.emit({ body: { a: 1, b: 'x' } });
      await provider.forceFlush();
      await provider.shutdown();
      const streams = await queryStreams(base, '{service_name="shop"}');
      const paid = streams.find(({ values }) => values[0][1] === 'paid');
      assert.ok(paid, JSON.stringify(streams));
      const { observed_timestamp: observed, ...labels } = paid.stream;
      assert.match(observed, /^\d{19}$/);
      assert.deepStrictEqual(
        labels,
        {
          service_name: 'shop', detected_level: 'warn', host_arch: 'amd64', scope_name: 'checkout', scope_version: '1.2',
          severity_number: '13', severity_text: 'WARN', user_id: '7', ok: 'true', list: '[1,2]',
        }
      );
      assert.deepStrictEqual(streams.flatMap(({ values }) => values.map(([, line]) => line)).sort(), ['paid', '{"a":1,"b":"x"}']);
    });
  }
}

test('@myunisoft/loki reads and writes', async (context) => {
  const base = await runServer(context);
  const api = new GrafanaApi({ remoteApiURL: base });
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  assert.strictEqual((await pushJson(base, [{ stream: { app: 'sdk', env: 'test' }, values: [[String(nowNs - 1n), 'one'], [String(nowNs), 'two']] }])).status, 204);
  const { logs } = await api.Loki.queryRange('{app="sdk"}', { start: '1h' });
  assert.deepStrictEqual([...logs].sort(), ['one', 'two']);
  assert.deepStrictEqual(await api.Loki.labels(), ['app', 'env', 'service_name']);
  assert.deepStrictEqual(await api.Loki.labelValues('env'), ['test']);
  assert.deepStrictEqual(await api.Loki.series('{app="sdk"}'), [{ app: 'sdk', env: 'test', service_name: 'sdk' }]);
});

test('Elasticsearch bulk as Vector and Filebeat send it', async (context) => {
  const base = await runServer(context);
  const at = new Date().toISOString();
  const body = [
    { create: { _index: 'logs-web' } },
    { '@timestamp': at, message: 'from filebeat', host: { name: 'web1' }, log: { file: { path: '/var/log/x.log' } }, agent: { type: 'filebeat' } },
    { index: { _index: 'logs-web' } },
    { timestamp: at, message: 'from vector', host: 'web2', level: 'warn' },
    { delete: { _index: 'logs-web', _id: '1' } },
  ].map((line) => `${JSON.stringify(line)}\n`).join('');
  const response = await fetch(`${base}/elasticsearch/_bulk`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body });
  const answer = (await response.json()) as { errors: boolean; items: unknown[] };
  assert.deepStrictEqual([response.status, answer.errors, answer.items.length], [200, false, 3]);
  assert.deepStrictEqual(await queryLines(base, '{index="logs-web", host="web1", filename="/var/log/x.log"} | agent_type="filebeat"'), ['from filebeat']);
  assert.deepStrictEqual(await queryLines(base, '{host="web2"} | detected_level="warn"'), ['from vector']);
});
