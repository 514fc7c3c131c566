import { Input, measureText } from '@grafana/ui';
import React, { useState } from 'react';

interface Props {
  id?: string;
  label: string;
  value: string;
  type?: 'text' | 'number';
  min?: number;
  /** In Grafana's units of 8 pixels; it grows with its text. */
  minWidth: number;
  placeholder?: string;
  invalid?: boolean;
  /** Called with a text that differs from `value`. */
  onCommit(value: string): void;
}

/**
 * A field whose text counts when it is left or Enter is pressed. It keeps the focus, and shows a value that changes from outside: Grafana's
 * own `AutoSizeInput` does not before Grafana 11, where it takes no `value` at all.
 */
export function CommitInput({ label, value, minWidth, onCommit, ...rest }: Props) {
  const [draft, setDraft] = useState({ of: value, text: value });
  const text = draft.of === value ? draft.text : value;
  const commit = () => text !== value && onCommit(text);
  return (
    <Input
      {...rest}
      aria-label={label}
      width={widthOf(text, minWidth)}
      value={text}
      onChange={(event) => setDraft({ of: value, text: event.currentTarget.value })}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  );
}

/** Room for padding and the cursor, in units of 8 pixels. */
const extraWidth = 3;

function widthOf(text: string, minWidth: number): number {
  return text === '' ? minWidth : Math.max(minWidth, measureText(text, 14).width / 8 + extraWidth);
}
