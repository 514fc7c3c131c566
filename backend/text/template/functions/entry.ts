import { GoTime } from '../../goTime';
import type { TemplateFunction } from '../functions';

/** What a template of a query knows of the entry it runs on. */
export const entryFunctions: ReadonlyArray<readonly [string, TemplateFunction]> = [
  ['__line__', { parameters: [], call: (_, { line }) => line() }],
  ['__timestamp__', { parameters: [], call: (_, { tsNs }) => new GoTime(tsNs()) }],
];
