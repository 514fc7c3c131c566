import type { Monaco, MonacoEditor } from '@grafana/ui';
import { t } from '../i18n';

/**
 * Tab and Shift+Tab leave the editor as they leave any other field: who has no mouse must be able to pass it. A list that is open and the
 * places of a completion that was taken keep the keys.
 */
export function letTabLeave(editor: MonacoEditor, monaco: Monaco, box: () => HTMLElement | null): void {
  const onText = 'editorTextFocus && !suggestWidgetVisible';
  const go = (where: 'forward' | 'back') => {
    const element = box();
    if (element) {
      leave(element, where);
    }
  };
  editor.addAction({ id: 'binocle-next', label: t('editor.next', 'Leave the field'), keybindings: [monaco.KeyCode.Tab], keybindingContext: `${onText} && !hasNextTabstop`, run: () => go('forward') });
  editor.addAction({ id: 'binocle-back', label: t('editor.back', 'Leave the field backwards'), keybindings: [monaco.KeyMod.Shift | monaco.KeyCode.Tab], keybindingContext: `${onText} && !hasPrevTabstop`, run: () => go('back') });
}

/** What Tab stops at. */
const stops = 'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea:not([disabled]), [tabindex]';

/** Moves the focus to what follows a box on the page, or to what stands before it. */
function leave(box: HTMLElement, where: 'forward' | 'back'): void {
  const all = [...document.querySelectorAll<HTMLElement>(stops)].filter((stop) => stop.tabIndex >= 0 && !box.contains(stop) && stop.getClientRects().length > 0);
  const isBefore = (stop: HTMLElement) => (box.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_PRECEDING) !== 0;
  const target = where === 'forward' ? all.find((stop) => !isBefore(stop)) : all.filter(isBefore).at(-1);
  target?.focus();
}
