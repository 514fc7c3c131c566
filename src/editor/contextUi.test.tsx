import { FieldType, type LogRowModel } from '@grafana/data';
import { fireEvent, render, screen } from '@testing-library/react';
import React from 'react';
import { contextExpr, type ContextChoice } from '../features/context';
import { contextUi } from './contextUi';

const dataFrame = { length: 1, fields: [{ name: 'labelTypes', type: FieldType.other, config: {}, values: [{ job: 'I', hostname: 'I', filename: 'I', status: 'P' }] }] };
const row = { dataFrame, rowIndex: 0, labels: { job: 'x', hostname: 'web1', filename: '/a', status: '500' } } as unknown as LogRowModel;

/** The window of a row, with what it asked for in `holder`. */
function open(holder: { context: ContextChoice; setContext(choice: ContextChoice): void }, its = row) {
  const run = jest.fn();
  const { unmount } = render(<>{contextUi(its, holder, run)}</>);
  return { run, close: unmount };
}

function keeper() {
  const holder = { context: { scope: 'stream' } as ContextChoice, setContext: (choice: ContextChoice) => void (holder.context = choice) };
  return holder;
}

const label = (text: string) => screen.getByRole('button', { name: text });
const pressed = () => screen.getAllByRole('button', { pressed: true }).map((button) => button.textContent);

test('a label of the stream is left out and taken in again, and the lines are asked for anew', () => {
  const holder = keeper();
  const { run } = open(holder);
  expect(pressed()).toEqual(['job="x"', 'hostname="web1"', 'filename="/a"']);
  label('filename="/a"').focus();
  fireEvent.click(label('filename="/a"'));
  expect(holder.context).toEqual({ scope: 'stream', labels: ['job', 'hostname'] });
  expect(run).toHaveBeenCalledTimes(1);
  expect(pressed()).toEqual(['job="x"', 'hostname="web1"']);
  expect(document.activeElement).toBe(label('filename="/a"'));
  fireEvent.click(label('filename="/a"'));
  expect(holder.context.labels).toEqual(['job', 'hostname', 'filename']);
});

test('a scope says which labels are shared, and labels say which scope they are', () => {
  const holder = keeper();
  open(holder);
  fireEvent.click(screen.getByLabelText('Same host'));
  expect(holder.context).toEqual({ scope: 'host' });
  expect(pressed()).toEqual(['hostname="web1"']);
  fireEvent.click(label('job="x"'));
  expect(holder.context).toEqual({ scope: 'host', labels: ['job', 'hostname'] });
  expect(screen.queryByRole('radio', { checked: true })).toBeNull();
  fireEvent.click(label('filename="/a"'));
  expect(screen.getByLabelText<HTMLInputElement>('Same stream').checked).toBe(true);
});

test('where it says "Same stream", lines of the stream are asked for, with what the query says of labels that the row lost', () => {
  const its = { ...row, labels: { filename: '/a', job: 'x' } } as unknown as LogRowModel;
  const query = '{job="x", host="h"} | drop host';
  const holder = keeper();
  open(holder, its);
  fireEvent.click(screen.getByLabelText('Same file'));
  expect(contextExpr(its, holder.context, query)).toBe('{filename="/a"}');
  fireEvent.click(label('job="x"'));
  expect(screen.getByLabelText<HTMLInputElement>('Same stream').checked).toBe(true);
  expect(contextExpr(its, holder.context, query)).toBe('{filename="/a", job="x", host="h"}');
});

test('one label has to stay', () => {
  const holder = keeper();
  const { run } = open(holder);
  fireEvent.click(screen.getByLabelText('Same file'));
  run.mockClear();
  fireEvent.click(label('filename="/a"'));
  expect(holder.context).toEqual({ scope: 'file' });
  expect(run).not.toHaveBeenCalled();
  expect(label('filename="/a"').getAttribute('aria-disabled')).toBe('true');
});

test('single labels are forgotten when the window is closed, its scope is not', () => {
  const holder = keeper();
  const { close } = open(holder);
  fireEvent.click(screen.getByLabelText('Same host'));
  fireEvent.click(label('job="x"'));
  close();
  expect(holder.context).toEqual({ scope: 'host' });
});

test('a row with the label of its file alone says which scope was chosen', () => {
  open(keeper(), { ...row, labels: { filename: '/a' } } as unknown as LogRowModel);
  fireEvent.click(screen.getByLabelText('Same file'));
  expect(screen.getByLabelText<HTMLInputElement>('Same file').checked).toBe(true);
});

test('a row with one label has nothing to choose', () => {
  open(keeper(), { ...row, labels: { job: 'x' } } as LogRowModel);
  expect(screen.queryByRole('group', { name: 'Shared labels' })).toBeNull();
});
