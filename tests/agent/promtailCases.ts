import { readFileSync } from 'node:fs';
import path from 'node:path';

/** One recorded case of what a real Promtail did; fields as in fixtures/README.md. */
export interface Case {
  name: string;
  kind: 'pipeline' | 'stdin' | 'files' | 'check' | 'stdout';
  tags: string[];
  config?: string;
  stages?: string;
  labels?: Record<string, string>;
  lines?: Line[];
  steps?: Step[];
  args?: string[];
  env?: Record<string, string>;
  answers?: number[];
  keep?: string;
  metricMatch?: string;
  anyOrder?: boolean;
  yearless?: boolean;
  defect?: string;
  out: Outcome;
}

export type Text = string | { b64: string };
export type Line = Text | { pause: number } | { scrape: true };

export interface Step {
  op: string;
  path?: string;
  data?: Text;
  from?: string;
  to?: string;
  size?: number;
  target?: string;
  text?: string;
  config?: string;
  ms?: number;
  match?: string;
  method?: string;
  url?: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface OutEntry {
  labels: Record<string, string>;
  ts: string;
  line: Text;
  meta?: Array<[string, string]>;
  tenant?: string;
  to?: string;
  run?: number;
}

export interface Outcome {
  entries?: OutEntry[];
  metrics?: string[] | string[][];
  positions?: string[];
  statuses?: number[];
  requests?: Array<Record<string, unknown>>;
  http?: Array<{ path: string; status: number; body?: string; location?: string }>;
  logged?: string[];
  exit?: number | null;
  error?: string;
  stdout?: string;
}

export function readCases(): Case[] {
  return JSON.parse(readFileSync(path.join(__dirname, 'fixtures', 'promtail.json'), 'utf8')) as Case[];
}

/** Configuration of a case on the pipeline alone. */
export function pipelineConfig(test: Case): string {
  return [
    'server: {http_listen_address: 127.0.0.1, http_listen_port: @HTTP@, grpc_listen_address: 127.0.0.1, grpc_listen_port: 0}',
    'positions: {filename: "@DIR@/positions.yaml"}',
    'clients: [{url: "@PUSH@", batchwait: 100ms}]',
    'scrape_configs:',
    '  - job_name: case',
    '    static_configs:',
    `      - labels: ${JSON.stringify(test.labels)}`,
    '    pipeline_stages:',
    ...test.stages!.split('\n').map((line) => `      ${line}`),
  ].join('\n');
}
