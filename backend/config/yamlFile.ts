import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { expandEnv } from './expandEnv';

export interface YamlFile {
  content: unknown;
  /** One sentence for each thing that was repaired. */
  warnings: string[];
}

/** Most bytes of a configuration file: real ones have some kilobytes, and a wrong path may name a log. */
const fileBytesMax = 4 * 1024 * 1024;

/**
 * Reads a YAML file as Loki and Promtail do (YAML 1.1: `yes` is true, dates are dates), but forgives what people paste: no-break spaces
 * become spaces. Throws an Error that names file, line and what is wrong.
 */
export function readYamlFile(file: string, options: { expandEnv: boolean; env: Readonly<Record<string, string | undefined>> }): YamlFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`can't read the configuration file ${file}: ${(error as Error).message}`);
  }
  if (text.length > fileBytesMax) {
    throw new Error(`${file}: ${text.length} characters are too many for a configuration file`);
  }
  return parseYaml(options.expandEnv ? expanded(text, options.env, file) : text, file);
}

export function parseYaml(text: string, file: string): YamlFile {
  const warnings: string[] = [];
  const repaired = text.replace(/^\uFEFF/, '').replace(/\u00a0|\u2007|\u202f/g, ' ');
  if (/[\u00a0\u2007\u202f]/.test(text)) {
    const lines = text.split('\n').filter((line) => /[\u00a0\u2007\u202f]/.test(line)).length;
    warnings.push(`${file}: ${lines} lines hold no-break spaces, as pasted text often does; they are read as spaces`);
  }
  const document = parseDocument(repaired, { version: '1.1', merge: true, uniqueKeys: false, logLevel: 'error' });
  if (document.errors.length > 0) {
    throw new Error(`${file}: ${document.errors[0].message}`);
  }
  try {
    return { content: document.toJS({ maxAliasCount: 100 }), warnings };
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
}

function expanded(text: string, env: Readonly<Record<string, string | undefined>>, file: string): string {
  try {
    return expandEnv(text, env);
  } catch (error) {
    throw new Error(`${file}: -config.expand-env: ${(error as Error).message}`);
  }
}
