import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Writer } from 'protobufjs/minimal';
import { compressSync } from 'snappy';
import { Agent, request } from 'undici';
import { WebSocket } from 'ws';

/** One way of asking a server for more than it has. Answers the statuses it got. */
export interface Attack {
  name: string;
  /** Runs only when asked for: takes long. */
  long?: true;
  run(url: string): Promise<Map<number, number>>;
}

const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;
const agent = new Agent({ connections: 200, pipelining: 1, headersTimeout: 120_000, bodyTimeout: 120_000 });

/** Statuses and how often each came. */
class Statuses extends Map<number, number> {
  add(status: number): void {
    this.set(status, (this.get(status) ?? 0) + 1);
  }
}

/** Times that a push is sent again after 429, as every client does. */
const triesMax = 20;

async function post(url: string, body: Buffer, headers: Record<string, string>, statuses: Statuses): Promise<void> {
  for (let tries = 0; tries < triesMax; tries++) {
    const status = await request(`${url}/loki/api/v1/push`, { dispatcher: agent, method: 'POST', body, headers }).then(
      async (response) => {
        await response.body.text();
        return response.statusCode;
      },
      // an answer before the body is read whole breaks the connection: the server's right, counted as no status
      () => 0
    );
    statuses.add(status);
    if (status !== 429 && status !== 0) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const json = { 'content-type': 'application/json' };
const protobuf = { 'content-type': 'application/x-protobuf' };

async function get(url: string, path: string, params: Record<string, string>, statuses: Statuses): Promise<void> {
  const response = await request(`${url}${path}?${new URLSearchParams(params)}`, { dispatcher: agent });
  for await (const part of response.body) {
    void part;
  }
  statuses.add(response.statusCode);
}

/** A body of Loki's JSON with one stream of lines of `lineBytes` that fill about `bytes`. */
function jsonOfLines(labels: Record<string, string>, bytes: number, lineBytes: number): Buffer {
  const startNs = nowNs();
  const values: string[] = [];
  for (let i = 0, size = 0; size < bytes; i++) {
    const line = `${i} ${'lorem ipsum dolor sit amet '.repeat(Math.ceil(lineBytes / 27))}`.slice(0, lineBytes);
    values.push(`["${startNs + BigInt(i)}",${JSON.stringify(line)}]`);
    size += lineBytes + 26;
  }
  return Buffer.from(`{"streams":[{"stream":${JSON.stringify(labels)},"values":[${values.join(',')}]}]}`);
}

/** Protobuf of `count` streams with one short line each. */
function protobufOfStreams(prefix: string, count: number): Buffer {
  const writer = Writer.create();
  const seconds = Math.floor(Date.now() / 1000);
  for (let i = 0; i < count; i++) {
    writer.uint32(10).fork();
    writer.uint32(10).string(`{job="many", pod="${prefix}-${i}"}`);
    writer.uint32(18).fork();
    writer.uint32(10).fork().uint32(8).int64(seconds).uint32(16).int32(i).ldelim();
    writer.uint32(18).string(`line of ${prefix} ${i}`);
    writer.ldelim();
    writer.ldelim();
  }
  return compressSync(Buffer.from(writer.finish())) as Buffer;
}

/** Sockets that announce a body and send a part of it. */
async function halfBodies(url: string, count: number, sentBytes: number, announcedBytes: number): Promise<Socket[]> {
  const { hostname, port } = new URL(url);
  const part = Buffer.alloc(sentBytes, 'x');
  return Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Socket>((resolve) => {
          const socket = connect(Number(port), hostname, () => {
            socket.write(`POST /loki/api/v1/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${announcedBytes}\r\n\r\n`);
            socket.write(part, () => resolve(socket));
          });
          socket.on('error', () => resolve(socket));
          setTimeout(() => resolve(socket), 2_000).unref();
        })
    )
  );
}

/** Tails that are opened and never read. */
async function unreadTails(url: string, count: number): Promise<WebSocket[]> {
  return Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<WebSocket>((resolve) => {
          const socket = new WebSocket(`${url.replace('http', 'ws')}/loki/api/v1/tail?query=${encodeURIComponent('{job=~".+"}')}`);
          const done = (): void => resolve(socket);
          socket.on('open', () => {
            socket.pause();
            done();
          });
          socket.on('error', done);
        })
    )
  );
}

const range = (): Record<string, string> => ({ start: String(nowNs() - 3_600_000_000_000n), end: String(nowNs() + 60_000_000_000n) });

async function repeated(times: number, work: (i: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: times }, (_, i) => work(i)));
}

export const attacks: Attack[] = [
  {
    name: 'half-sent bodies, then tails that nobody reads, then pushes',
    long: true,
    run: async (url) => {
      const statuses = new Statuses();
      const tails = await unreadTails(url, 30);
      const sockets = await halfBodies(url, 2_000, 30_000, 200_000);
      for (let round = 0; round < 4; round++) {
        await repeated(10, (i) => post(url, jsonOfLines({ job: 'tailed', round: String(round), i: String(i) }, 1_000_000, 200), json, statuses));
      }
      tails.forEach((tail) => tail.terminate());
      sockets.forEach((socket) => socket.destroy());
      return statuses;
    },
  },
  {
    name: 'six pushes of 20 MB at once',
    run: async (url) => {
      const statuses = new Statuses();
      const body = jsonOfLines({ job: 'large' }, 20_000_000, 150);
      await repeated(6, () => post(url, body, json, statuses));
      return statuses;
    },
  },
  {
    name: 'six compressed pushes of 20 MB at once',
    long: true,
    run: async (url) => {
      const statuses = new Statuses();
      const gzipped = gzipSync(jsonOfLines({ job: 'zipped' }, 20_000_000, 150), { level: 1 });
      await repeated(6, () => post(url, gzipped, { ...json, 'content-encoding': 'gzip' }, statuses));
      return statuses;
    },
  },
  {
    name: 'pushes of very many short lines',
    run: async (url) => {
      const statuses = new Statuses();
      const body = jsonOfLines({ job: 'short' }, 14_000_000, 4);
      await repeated(4, () => post(url, body, json, statuses));
      return statuses;
    },
  },
  {
    name: 'six pushes of 9,900 streams at once',
    run: async (url) => {
      const statuses = new Statuses();
      await repeated(6, (i) => post(url, protobufOfStreams(`burst${i}`, 9_900), protobuf, statuses));
      return statuses;
    },
  },
  {
    name: 'bombs: gzip, snappy, nesting, labels',
    long: true,
    run: async (url) => {
      const statuses = new Statuses();
      const bomb = gzipSync(Buffer.alloc(200_000_000, 0x20), { level: 6 });
      const liar = Buffer.from(bomb);
      liar.writeUInt32LE(1_000_000, liar.length - 4);
      const huge = Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]), Buffer.alloc(1_000_000)]);
      const claims = Buffer.concat([Buffer.from([0x80, 0x80, 0x80, 0x0f]), Buffer.alloc(1_430_000, 0xfe)]);
      const nested = Buffer.from(`{"streams":${'['.repeat(5_000_000)}`);
      const keys = Buffer.from(`{"streams":[{"stream":{${Array.from({ length: 500_000 }, (_, i) => `"l${i}":"v"`).join(',')}},"values":[]}]}`);
      const value = Buffer.from(`{"streams":[{"stream":{"a":"${'v'.repeat(10_000_000)}"},"values":[["${nowNs()}","x"]]}]}`);
      await repeated(8, () => post(url, bomb, { ...json, 'content-encoding': 'gzip' }, statuses));
      await repeated(8, () => post(url, liar, { ...json, 'content-encoding': 'gzip' }, statuses));
      await repeated(8, () => post(url, huge, protobuf, statuses));
      await repeated(8, () => post(url, claims, protobuf, statuses));
      await repeated(6, () => post(url, nested, json, statuses));
      await repeated(6, () => post(url, keys, json, statuses));
      await repeated(6, () => post(url, value, json, statuses));
      return statuses;
    },
  },
  {
    name: 'readers of long lines at once, some of them slow',
    long: true,
    run: async (url) => {
      const statuses = new Statuses();
      for (let i = 0; i < 20; i++) {
        await post(url, jsonOfLines({ job: 'long', i: String(i) }, 3_000_000, 250_000), json, statuses);
      }
      const slow = await Promise.all(Array.from({ length: 2 }, () => unreadAnswer(url, '/loki/api/v1/query_range', { query: '{job="long"}', limit: '70', ...range() })));
      await repeated(8, () => get(url, '/loki/api/v1/query_range', { query: '{job="long"}', limit: '70', ...range() }, statuses));
      await repeated(20, () => get(url, '/loki/api/v1/query_range', { query: '{job=~".+"}', limit: '5000', ...range() }, statuses));
      slow.forEach((socket) => socket.destroy());
      return statuses;
    },
  },
  {
    name: 'counting by a field with many values, twenty times at once',
    long: true,
    run: async (url) => {
      const statuses = new Statuses();
      await pushIds(url, 150_000, statuses);
      await repeated(20, (i) =>
        get(url, i % 2 ? '/loki/api/v1/query_range' : '/loki/api/v1/query', { query: 'sum by (id) (count_over_time({job="ids"} | json [1h]))', step: '60', ...range() }, statuses)
      );
      return statuses;
    },
  },
  {
    name: '133,000 streams more, together just fewer than a question may mean',
    long: true,
    run: (url) => pushStreams(url, 'few', 14),
  },
  {
    name: 'questions about all of these streams',
    long: true,
    run: askAboutAll,
  },
  {
    name: 'answers about streams that nobody reads',
    long: true,
    run: async (url) => {
      const statuses = new Statuses();
      const paths: Array<[string, Record<string, string>]> = [
        ['/loki/api/v1/label/pod/values', range()],
        ['/loki/api/v1/series', { 'match[]': '{pod=~"few[0-4]-.*"}', ...range() }],
      ];
      const sockets = await Promise.all(Array.from({ length: 60 }, (_, i) => unreadAnswer(url, ...paths[i % 2])));
      await get(url, '/loki/api/v1/labels', range(), statuses);
      sockets.forEach((socket) => socket.destroy());
      return statuses;
    },
  },
  {
    name: 'a million streams over time',
    long: true,
    run: (url) => pushStreams(url, 'slow', 105),
  },
  {
    name: 'questions about all streams there are',
    long: true,
    run: askAboutAll,
  },
  {
    name: 'thousands of connections and long forms',
    long: true,
    run: async (url) => {
      const statuses = new Statuses();
      const { hostname, port } = new URL(url);
      const form = Buffer.from(`query=${'a'.repeat(500_000)}`);
      const sockets = await Promise.all(
        Array.from(
          { length: 1_500 },
          (_, i) =>
            new Promise<Socket>((resolve) => {
              const socket = connect(Number(port), hostname, () => {
                socket.write(`POST /loki/api/v1/query_range HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n`);
                socket.write(form.subarray(0, i % 2 ? 100_000 : 400_000), () => resolve(socket));
              });
              socket.on('error', () => resolve(socket));
              setTimeout(() => resolve(socket), 2_000).unref();
            })
        )
      );
      await get(url, '/ready', {}, statuses);
      sockets.forEach((socket) => socket.destroy());
      return statuses;
    },
  },
];

/** So many pushes, each of 9,500 streams that nobody has seen. */
async function pushStreams(url: string, prefix: string, pushes: number): Promise<Statuses> {
  const statuses = new Statuses();
  for (let i = 0; i < pushes; i++) {
    await post(url, protobufOfStreams(`${prefix}${i}`, 9_500), protobuf, statuses);
  }
  return statuses;
}

/** Each way of asking about streams, twice and all at once. */
async function askAboutAll(url: string): Promise<Statuses> {
  const statuses = new Statuses();
  const all = { query: '{job=~".+"}', ...range() };
  const questions: Array<[string, Record<string, string>]> = [
    ['/loki/api/v1/series', { 'match[]': '{job=~".+"}', ...range() }],
    ['/loki/api/v1/label/pod/values', range()],
    ['/loki/api/v1/query_range', { ...all, limit: '5000' }],
    ['/loki/api/v1/query_range', { ...all, query: 'sum by (pod) (count_over_time({job="many"}[5m]))', step: '60' }],
    ['/loki/api/v1/index/volume', { ...all, targetLabels: 'pod' }],
    ['/loki/api/v1/index/stats', all],
    ['/loki/api/v1/detected_labels', all],
    ['/loki/api/v1/detected_fields', all],
    ['/loki/api/v1/patterns', all],
    ['/loki/api/v1/query_range', { ...all, query: 'count_over_time({job="many"}[1h])', step: '60' }],
    ['/loki/api/v1/query_range', { ...all, query: '{job="many"} | json | status="500"' }],
  ];
  await Promise.all([...questions, ...questions].map(([path, params]) => get(url, path, params, statuses)));
  return statuses;
}

/** Asks and never reads. */
async function unreadAnswer(url: string, path: string, params: Record<string, string>): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.pause();
      socket.write(`GET ${path}?${new URLSearchParams(params)} HTTP/1.1\r\nHost: x\r\n\r\n`, () => resolve(socket));
    });
    socket.on('error', () => resolve(socket));
  });
}

/** Lines of JSON, each with an id of its own. */
async function pushIds(url: string, count: number, statuses: Statuses): Promise<void> {
  const perBody = 10_000;
  const startNs = nowNs();
  for (let from = 0; from < count; from += perBody) {
    const values = Array.from({ length: perBody }, (_, k) => [String(startNs + BigInt(from + k)), `{"id":"user-${from + k}","n":${k}}`]);
    await post(url, Buffer.from(JSON.stringify({ streams: [{ stream: { job: 'ids' }, values }] })), json, statuses);
  }
}

export async function endAttacks(): Promise<void> {
  await agent.close();
}
