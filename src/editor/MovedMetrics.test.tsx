import { dateTime } from '@grafana/data';
import { fireEvent, render, screen } from '@testing-library/react';
import React from 'react';
import type { Moved, MovedAnswer } from '../features/moved';
import type { EditorDataSource } from './LabelSource';
import { MovedMetrics } from './MovedMetrics';

const range = { from: dateTime(0), to: dateTime(60_000), raw: { from: 'a', to: 'b' } };
const load: Moved = { metric: { __name__: 'node_load1', instance: 'web1' }, score: 0.9, z: 5, q: 0.01, rho: 0.92, lagMs: -40_000, asRate: false, significant: true, reason: '', family: [], values: [1, 2], query: 'x' };
const errors: Moved = { ...load, metric: { __name__: 'errors_total' }, rho: -0.5, lagMs: 0, asRate: true, significant: false };
const answer: MovedAnswer = { moved: [load, errors], target: [1, 2], compared: 2, notes: [] };

test('each series is named once, with how it moved', async () => {
  const datasource = { whichMoved: async () => answer, settings: {} } as unknown as EditorDataSource;
  render(<MovedMetrics datasource={datasource} expr={'{a="b"}'} range={range} newTab={false} />);
  fireEvent.click(screen.getByRole('button', { name: 'Which metric moved?' }));
  const items = await screen.findAllByRole('listitem');
  expect(items.map((item) => item.textContent?.replace('Open in split', ''))).toEqual([
    expect.stringMatching(/node_load1\{instance=web1\}rose 40 s before the log rate, very strong agreement \(0\.92 of 1\)$/),
    expect.stringMatching(/errors_totalits rate fell when the log rate rose, moderate agreement \(0\.50 of 1\), may be chance$/),
  ]);
});
