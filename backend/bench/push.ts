import { Writer } from 'protobufjs/minimal';
import { compress } from 'snappy';
import { Agent, request } from 'undici';
import { corpus, type CorpusBody } from './corpus';

/** Bodies under way at the same time. */
const parallel = 4;

/** Pushes the corpus as a client would: snappy-compressed protobuf over HTTP, a few connections. Servers get each body at the same time. Answers what went in. */
export async function pushCorpus(urls: string[], lines: number): Promise<{ lines: number; bytes: number; seconds: number }> {
  const agent = new Agent({ connections: parallel, pipelining: 1 });
  const bodies = corpus(lines);
  const total = { lines: 0, bytes: 0, seconds: 0 };
  const from = process.hrtime.bigint();
  const client = async (): Promise<void> => {
    for (let next = bodies.next(); !next.done; next = bodies.next()) {
      const body = await compress(encode(next.value));
      await Promise.all(urls.map((url) => pushBody(agent, url, body)));
      total.lines += next.value.lines;
      total.bytes += next.value.bytes;
    }
  };
  await Promise.all(Array.from({ length: parallel }, client));
  total.seconds = Number(process.hrtime.bigint() - from) / 1e9;
  await agent.close();
  return total;
}

async function pushBody(agent: Agent, url: string, body: Buffer): Promise<void> {
  for (;;) {
    const { statusCode, headers, body: answer } = await request(`${url}/loki/api/v1/push`, { dispatcher: agent, method: 'POST', body, headers: { 'content-type': 'application/x-protobuf' } });
    const text = await answer.text();
    if (statusCode === 204) {
      return;
    }
    if (statusCode !== 429) {
      throw new Error(`push answered ${statusCode}: ${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, Number(headers['retry-after'] ?? 1) * 200));
  }
}

/** PushRequest of Loki's pkg/push/push.proto. */
function encode(body: CorpusBody): Buffer {
  const writer = Writer.create();
  for (const stream of body.streams) {
    writer.uint32(10).fork();
    writer.uint32(10).string(`{${stream.labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`);
    for (const { tsNs, line } of stream.entries) {
      writer.uint32(18).fork();
      writer.uint32(10).fork().uint32(8).int64(Number(tsNs / 1_000_000_000n)).uint32(16).int32(Number(tsNs % 1_000_000_000n)).ldelim();
      writer.uint32(18).string(line);
      writer.ldelim();
    }
    writer.ldelim();
  }
  return Buffer.from(writer.finish());
}
