import { useRef, type RefObject } from 'react';

/** Removes a row and hands the focus, which was in it and would be lost, to the button that adds rows. */
export function useRemoval(removeRow: (index: number) => void): { add: RefObject<HTMLButtonElement>; remove(index: number): void } {
  const add = useRef<HTMLButtonElement>(null);
  const remove = (index: number) => {
    removeRow(index);
    add.current?.focus();
  };
  return { add, remove };
}
