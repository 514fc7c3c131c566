import { act, configure, fireEvent, render, screen } from '@testing-library/react';
import React from 'react';
import type { LabelSet } from '../wire';
import { LabelBrowser } from './LabelBrowser';
import type { LabelSource } from './LabelSource';

/** Shows the browser over labels that are there and what else is given. */
function show(its: Partial<LabelSource>) {
  const source = { labels: async () => ['job'], weightedValues: async () => [{ name: 'a' }, { name: 'b' }], series: async () => [], ...its } as unknown as LabelSource;
  render(<LabelBrowser source={source} onDismiss={() => undefined} onPick={() => undefined} />);
}

// By text: looking through a dialog for roles takes long.
const press = async (text: string) => fireEvent.click(await screen.findByText(text, { selector: 'button, button *' }));

// A busy machine is no failure, and a dialog takes long here.
jest.setTimeout(60_000);
beforeAll(() => configure({ asyncUtilTimeout: 10_000 }));

test('what the server says of a selector is not shown for another', async () => {
  const answers: Array<(found: LabelSet[]) => void> = [];
  show({ series: () => new Promise((resolve) => answers.push(resolve)) });
  await press('job');
  await press('a');
  await press('Validate selector');
  await press('b');
  await act(async () => answers[0]([{ job: 'a' }]));
  expect(screen.queryByText('1 stream matches')).toBeNull();
  await press('b');
  expect(await screen.findByText('1 stream matches')).toBeTruthy();
});

test('labels and values that cannot be loaded are said to be that', async () => {
  show({ weightedValues: () => Promise.reject(new Error('the disk is on fire')) });
  await press('job');
  expect((await screen.findByRole('alert')).textContent).toBe('Values could not be loaded: the disk is on fire');
  show({ labels: () => Promise.reject(new Error('nobody home')) });
  expect(await screen.findByText('Labels could not be loaded')).toBeTruthy();
  expect(screen.getByText('nobody home')).toBeTruthy();
});
