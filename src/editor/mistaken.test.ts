import { parse } from '../logql';
import { findMistaken, repaired } from './mistaken';

const known: Record<string, string[]> = { job: ['nginxlogs', 'varlogs'], hostname: ['web1'] };
const source = { labels: async () => Object.keys(known), values: async (label: string) => known[label] };

test.each([
  ['{job="nginxlog"} |= "nginxlog"', '{job="nginxlogs"} |= "nginxlog"'],
  ['sum(rate({ hostname = "web1", jbo = "varlogs" } [5m])) / 2', 'sum(rate({ hostname = "web1", job="varlogs" } [5m])) / 2'],
  ['{job="something"}', '{job="something"}'],
])('%s was meant to be %s', async (text, expected) => {
  const mistaken = await findMistaken(parse(text).expr!, source);
  expect(mistaken && repaired(text, mistaken)).toBe(expected);
});

test.each(['{job="nginxlogs", hostname="web1"}', '{job=~"nginxlog"}', '{job="varlogs", hostname!="web9"}'])('nothing is mistaken in %s', async (text) => {
  expect(await findMistaken(parse(text).expr!, source)).toBeUndefined();
});
