import { fireEvent, render, screen } from '@testing-library/react';
import React, { useState } from 'react';
import type { Query } from '../query/model';
import { QueryOptions } from './QueryOptions';

const lines: Query = { refId: 'A', expr: '{job="x"}' };

/** The options of a query that other parts of the page can replace. */
function Page({ other, onQuery }: { other: Query; onQuery(query: Query): void }) {
  const [query, setQuery] = useState(lines);
  const change = (next: Query) => {
    setQuery(next);
    onQuery(next);
  };
  return (
    <>
      <QueryOptions query={query} isMetric={false} maxLines={1000} hasMetrics={false} onChange={change} />
      <button onClick={() => setQuery(other)}>Another query</button>
    </>
  );
}

// Fields measure their text to be as wide; jsdom has no canvas.
beforeAll(() => jest.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue({ measureText: () => ({ width: 10 }) } as never));

test('a field keeps its focus on Enter, and follows a query that is replaced', () => {
  const onQuery = jest.fn();
  render(<Page other={{ ...lines, maxLines: 50 }} onQuery={onQuery} />);
  fireEvent.click(screen.getByRole('button', { name: /Options/ }));
  const field = () => screen.getByLabelText<HTMLInputElement>('Line limit');
  field().focus();
  fireEvent.change(field(), { target: { value: '7' } });
  fireEvent.keyDown(field(), { key: 'Enter' });
  expect(onQuery).toHaveBeenLastCalledWith({ ...lines, maxLines: 7 });
  expect(document.activeElement).toBe(field());
  // From the query history, for example: the old text must not stay, nor come back when the field is left.
  fireEvent.click(screen.getByText('Another query'));
  expect(field().value).toBe('50');
  fireEvent.blur(field());
  expect(onQuery).toHaveBeenCalledTimes(1);
});

test('queries of the same name in two panes have fields of their own', () => {
  const pane = <QueryOptions query={lines} isMetric={false} maxLines={1000} hasMetrics={false} onChange={() => undefined} />;
  render(<>{pane}{pane}</>);
  screen.getAllByRole('button', { name: /Options/ }).forEach((button) => fireEvent.click(button));
  const ids = screen.getAllByLabelText('Line limit').map(({ id }) => id);
  expect(new Set(ids).size).toBe(2);
});
