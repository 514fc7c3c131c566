import { dateTime } from '@grafana/data';
import { act, fireEvent, render, screen } from '@testing-library/react';
import React from 'react';
import type { GrownAnswer, GrownRequest } from '../features/grown';
import { GrownPatterns, withPattern } from './GrownPatterns';
import type { EditorDataSource } from './LabelSource';

const range = { from: dateTime(0), to: dateTime(60_000), raw: { from: 'a', to: 'b' } };
const answer: GrownAnswer = { selector: '{a="b"}', patterns: [{ pattern: 'boom <_>', level: 'error', before: 0, inside: 9, score: 5, reason: '' }], notes: ['a note'] };

/** Shows the button over a data source that answers as told; gives what was asked and what was run. */
function show(whichGrew: (request: GrownRequest) => Promise<GrownAnswer>, expr = '{a="b"} | json') {
  const onRun = jest.fn();
  render(<GrownPatterns datasource={{ whichGrew } as unknown as EditorDataSource} expr={expr} range={range} onRun={onRun} />);
  return { onRun, press: () => fireEvent.click(screen.getByRole('button', { name: 'Which patterns grew?' })) };
}

test('what grew, and the query for it alone', async () => {
  const { onRun, press } = show(async () => answer);
  press();
  const item = await screen.findByRole('listitem');
  expect(item.textContent).toContain('boom <_>');
  expect(item.textContent).toContain('9 lines, none before');
  expect(screen.getByText(/before\. A note\.$/)).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: 'Only these: boom <_>' }));
  expect(onRun).toHaveBeenCalledWith('{a="b"} |> "boom <_>" | json | __level__="error"');
  fireEvent.click(screen.getByRole('button', { name: 'Close the patterns' }));
  expect(screen.queryByRole('listitem')).toBeNull();
});

test('nothing grew', async () => {
  show(async () => ({ ...answer, patterns: [] })).press();
  expect(await screen.findByText(/No pattern in the lines of/)).toBeTruthy();
});

test('what goes wrong is said, and can be put away', async () => {
  show(() => Promise.reject(new Error('This server is a Loki'))).press();
  expect(await screen.findByText('This server is a Loki')).toBeTruthy();
});

test('stopping cancels, and what comes late is not shown', async () => {
  let asked: GrownRequest | undefined;
  let finish: (late: GrownAnswer) => void = () => undefined;
  show((request) => {
    asked = request;
    return new Promise((resolve) => (finish = resolve));
  }).press();
  fireEvent.click(screen.getByRole('button', { name: 'Stop' }));
  expect(asked?.signal.aborted).toBe(true);
  await act(async () => finish(answer));
  expect(screen.queryByRole('listitem')).toBeNull();
});

test('the focus stays at hand: on the button while it looks, and back on it when its answer is stopped or closed', async () => {
  let finish: (found: GrownAnswer) => void = () => undefined;
  const whichGrew = jest.fn(() => new Promise<GrownAnswer>((resolve) => (finish = resolve)));
  const { press } = show(whichGrew);
  const button = screen.getByRole('button', { name: 'Which patterns grew?' });
  button.focus();
  press();
  press();
  expect(whichGrew).toHaveBeenCalledTimes(1);
  expect(document.activeElement).toBe(button);
  screen.getByRole('button', { name: 'Stop' }).focus();
  fireEvent.click(document.activeElement!);
  expect(document.activeElement).toBe(button);
  press();
  await act(async () => finish(answer));
  screen.getByRole('button', { name: 'Close the patterns' }).focus();
  fireEvent.click(document.activeElement!);
  expect(document.activeElement).toBe(button);
});

test('no query, no question', () => {
  show(async () => answer, ' ');
  expect((screen.getByRole('button', { name: 'Which patterns grew?' }) as HTMLButtonElement).disabled || screen.getByRole('button').getAttribute('aria-disabled') === 'true').toBe(true);
});

test('a pattern without a level, as other servers have them', () => {
  expect(withPattern('{a="b"}', { pattern: 'x' })).toBe('{a="b"} |> "x"');
});
