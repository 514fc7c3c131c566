import { AutoSizeInput } from '@grafana/ui';
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

/** A field whose text counts when it is left or Enter is pressed. It keeps the focus, and shows a value that changes from outside. */
export function CommitInput({ label, value, onCommit, ...rest }: Props) {
  const [draft, setDraft] = useState({ of: value, text: value });
  const text = draft.of === value ? draft.text : value;
  return (
    <AutoSizeInput
      {...rest}
      aria-label={label}
      value={text}
      onChange={(event) => setDraft({ of: value, text: event.currentTarget.value })}
      onCommitChange={(event) => event.currentTarget.value !== value && onCommit(event.currentTarget.value)}
    />
  );
}
