import { dateTime } from '@grafana/data';
import { of, throwError } from 'rxjs';
import { ApiError } from '../api';
import type { CorrelateLogsResponse } from '../wire';
import { whichGrew } from './grown';
import { hour, MinuteLog, start } from './testLog';

const range = { from: dateTime(start), to: dateTime(start + hour), raw: { from: 'a', to: 'b' } };
const request = { expr: '{host="a"} |= "x"', range, signal: new AbortController().signal };
const pattern = (name: string, score: number) => ({ pattern: name, level: 'error', before: 0, inside: 9, score, reason: '9 lines, none before' });

test('patterns above noise', async () => {
  const grown = jest.fn(() => of<CorrelateLogsResponse>({ mode: 'logs', selector: '{host="a"}', pairs: [], streams: [], patterns: [pattern('a <_>', 5), pattern('b', 1)], notes: ['n'] }));
  const found = await whichGrew(request, Object.assign(new MinuteLog(), { grown }));
  expect(found).toEqual({ selector: '{host="a"}', patterns: [pattern('a <_>', 5)], notes: ['n'] });
  expect(grown).toHaveBeenCalledWith(request.expr, { startNs: `${start}000000`, endNs: `${start + hour}000000` }, expect.any(Number));
});

test('a Loki cannot, and that is said', async () => {
  await expect(whichGrew(request, new MinuteLog())).rejects.toThrow(/This server is a Loki/);
  const broken = Object.assign(new MinuteLog(), { grown: () => throwError(() => new ApiError('too many queries', 429)) });
  await expect(whichGrew(request, broken)).rejects.toThrow('too many queries');
});
