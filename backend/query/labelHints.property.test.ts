import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../bench/random';
import { makeStreamEntries, type Batch, type Entry } from '../model/entry';
import { makeLabels } from '../model/labels';
import { MemoryStore } from '../store/memory';
import type { StoreReader } from '../store/store';
import { defaultLimits } from './budget';
import { LocalRunner } from './localRunner';
import type { QueryRequest } from './request';
import { runQuery } from './run';
import { openTestStore, testFolder } from '../store/sqlite/testStore';

/**
 * A filter behind a parser is looked up in the index by its text. Lines that write the value with escapes, streams and structured
 * metadata that bring the label themselves must be found all the same: the answer is compared with one that takes no hint.
 */
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
const zeroNs = 1_795_176_000_000_000_000n;
const values = ['4bf92f3577b34da6a3ce929d0e0e4736', '500', 'GET /a/b', 'it\'s "quoted"', 'Käse kSk', 'a\\b', 'x\ty', '漢字 and more', 'plain words', ''];

/** JSON or quoted logfmt with some characters as escapes, by letter or by number. */
function escaped(random: Random, value: string, rate: number): string {
  return [...value].map((character) => {
    const must = character === '"' || character === '\\' || character < ' ';
    if (character.length === 1 && (random.chance(rate) || (must && character !== '"' && character !== '\\'))) {
      const digits = character.charCodeAt(0).toString(16).padStart(4, '0');
      return `\\u${random.chance(0.5) ? digits : digits.toUpperCase()}`;
    }
    return must || (character === '/' && random.chance(rate)) ? `\\${character}` : character;
  }).join('');
}

function randomLine(random: Random, value: string, rate: number): string {
  const text = escaped(random, value, rate);
  return random.pick([
    `{"msg":"request","id":"${text}","status":500}`,
    `{"msg":"${text}","in":{"id":"${text}"}}`,
    `msg="${text}" id="${text}" status=500`,
    `msg=done id=${value.replace(/[\s"=\\]/g, '')}`,
    `${value} is no pair at all`,
    `{"msg": "cut off", "id": "${text}`,
  ]);
}

function randomBatch(random: Random): Batch {
  const stream = makeLabels([['app', random.pick(['a', 'b', 'c'])], ...(random.chance(0.4) ? [['id', random.pick(values) || 'none'] as const] : [])]);
  const brings = random.chance(0.6);
  const rate = random.pick([0, 0, 0.1, 1]);
  // few values in one batch, so that the index can tell blocks apart
  const own = [random.pick(values), random.pick(values)];
  const entries: Entry[] = Array.from({ length: 1 + random.below(40) }, (_, i) => ({
    tsNs: zeroNs + BigInt(random.below(3_600)) * 1_000_000_000n + BigInt(i),
    line: Buffer.from(randomLine(random, random.pick(own), rate)),
    metadata: brings && random.chance(0.5) ? makeLabels([[random.pick(['id', 'i.d', ' id ', 'other']), random.pick(values) || 'none']]) : undefined,
  }));
  return { tenant: 't', streams: makeStreamEntries(stream, entries) };
}

async function ask(reader: StoreReader, query: string): Promise<string[]> {
  const request: QueryRequest = { kind: 'range', tenants: ['t'], query, startNs: zeroNs, endNs: zeroNs + 3_600_000_000_000n, stepNs: 1n, limit: 5_000, direction: 'backward', intervalNs: 0 };
  const { result } = await runQuery(request, { runner: new LocalRunner(reader), limits: defaultLimits }, new AbortController().signal);
  assert.ok(result.kind === 'streams');
  return result.streams.flatMap(({ set, entries }) => entries.map(({ tsNs, line }) => `${set.text()} ${tsNs} ${line}`)).sort();
}

const quoted = (value: string): string => JSON.stringify(value);

function randomQuery(random: Random): { hinted: string; plain: string } {
  const parser = random.pick(['json', 'logfmt', 'json | logfmt', 'regexp `(?P<id>[0-9a-f]{8,})`', 'json id="in.id"', 'logfmt id="msg"', 'pattern `<_>"id":"<id>"<_>`']);
  const label = random.pick(['id', 'id', 'id_extracted', 'msg', 'i_d', 'in_id']);
  const value = random.pick(values);
  const filter = random.pick([
    `${label}=${quoted(value)}`,
    `${label}=~${quoted(value.replace(/[\\"]/g, '.'))}`,
    `${label}=~${quoted(`(?i).*${value.slice(0, 5).replace(/[\\"]/g, '.')}.*`)}`,
    `${label}=~"4bf9.*|500"`,
  ]);
  // a condition under `or` gives no hint
  return { hinted: `{app=~".+"} | ${parser} | ${filter}`, plain: `{app=~".+"} | ${parser} | ${filter} or ${filter}` };
}

test('filters behind a parser find what they would find without the index', async () => {
  const random = new Random(seed);
  const dir = testFolder();
  const memory = new MemoryStore();
  // sealed at once, so that lines lie in blocks, which the index is about
  const sqlite = openTestStore(dir, undefined, { keepRepeats: true });
  let found = 0;
  try {
    for (let round = 0; round < 12; round++) {
      const batch = randomBatch(random);
      await memory.append(batch);
      await sqlite.append(batch);
      if (random.chance(0.8)) {
        await sqlite.compact();
      }
      for (let asked = 0; asked < 10; asked++) {
        const { hinted, plain } = randomQuery(random);
        const wanted = await ask(memory, plain);
        assert.deepEqual(await ask(sqlite, hinted), wanted, `${hinted}, seed ${seed}`);
        found += wanted.length;
      }
    }
  } finally {
    await sqlite.close();
  }
  assert.ok(found > 0, 'some queries find something');
});
