import { fireEvent, render, screen } from '@testing-library/react';
import React, { useReducer } from 'react';
import { Operations } from './Operations';
import { readQuery, reduce, writeQuery } from './state';

// Fields measure their text to be as wide; jsdom has no canvas.
beforeAll(() => jest.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue({ measureText: () => ({ width: 10 }) } as never));

/** The operations of a query that can be changed, with its text below. */
function Page({ expr }: { expr: string }) {
  const [state, act] = useReducer(reduce, readQuery(expr)!);
  return (
    <>
      <Operations operations={state.operations} names={[]} act={act} />
      <output>{writeQuery(state)}</output>
    </>
  );
}

const text = () => screen.getByText(/^\S*\{job="x"\}/, { selector: 'output' }).textContent;
const button = (name: string) => screen.getByRole('button', { name });

test('a step is moved by keyboard: the focus goes with it, and its place is said', () => {
  render(<Page expr={'{job="x"} |= "a" | logfmt | decolorize'} />);
  button('Move Line contains later').focus();
  fireEvent.click(document.activeElement!);
  expect(text()).toBe('{job="x"} | logfmt |= "a" | decolorize');
  expect(document.activeElement).toBe(button('Move Line contains later'));
  fireEvent.click(document.activeElement!);
  expect(text()).toBe('{job="x"} | logfmt | decolorize |= "a"');
  // At the end the button stays where it is and does nothing: a key too many must not land elsewhere.
  expect(document.activeElement).toBe(button('Move Line contains later'));
  expect(document.activeElement!.getAttribute('aria-disabled')).toBe('true');
  expect(screen.getAllByRole('status').map((one) => one.textContent)).toContain('Line contains is now step 3 of 3');
  fireEvent.click(document.activeElement!);
  expect(text()).toBe('{job="x"} | logfmt | decolorize |= "a"');
  fireEvent.click(button('Move Line contains earlier'));
  expect(text()).toBe('{job="x"} | logfmt |= "a" | decolorize');
});

test('a stage cannot leave the pipeline', () => {
  render(<Page expr={'sum(rate({job="x"} | logfmt [5m]))'} />);
  expect(button('Move logfmt later').getAttribute('aria-disabled')).toBe('true');
  expect(button('Move rate earlier').getAttribute('aria-disabled')).toBe('true');
  expect(button('Move sum earlier').getAttribute('aria-disabled')).toBe('true');
});

test('what is typed but not left yet goes with its step', () => {
  render(<Page expr={'{job="x"} |= "a" |= "b"'} />);
  const field = () => screen.getAllByRole<HTMLInputElement>('textbox', { name: 'Text' });
  fireEvent.change(field()[0], { target: { value: 'aa' } });
  fireEvent.blur(field()[0]);
  fireEvent.click(screen.getAllByRole('button', { name: 'Move Line contains later' })[0]);
  expect(field().map((one) => one.value)).toEqual(['b', 'aa']);
  expect(text()).toBe('{job="x"} |= "b" |= "aa"');
});

test('a step that is removed hands the focus to its neighbour', () => {
  render(<Page expr={'{job="x"} |= "a" | logfmt'} />);
  button('Remove logfmt').focus();
  fireEvent.click(document.activeElement!);
  expect(document.activeElement).toBe(button('Remove Line contains'));
  fireEvent.click(document.activeElement!);
  expect(text()).toBe('{job="x"}');
  expect(document.activeElement).toBe(button('Operations'));
});
