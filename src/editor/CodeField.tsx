import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { ReactMonacoEditor, useStyles2, type Monaco, type MonacoEditor, type monacoTypes } from '@grafana/ui';
import React, { useEffect, useRef, useState } from 'react';
import { t } from '../i18n';
import { bracketsAt } from './brackets';
import { connect, languageId, registerLanguage, showProblems, type Complete } from './language';
import { letTabLeave } from './leave';

interface Props {
  value: string;
  label: string;
  complete: Complete;
  /** The text was changed and left (or is about to be run). */
  onChange(value: string): void;
  onRun(value: string): void;
}

/** Height of one line of text and the most the field grows to, in pixels. */
const heightMin = 32;
const heightMax = 260;
/** Marks appear this long after the last key: sooner they only disturb. */
const problemsMs = 300;

const options: monacoTypes.editor.IStandaloneEditorConstructionOptions = {
  codeLens: false,
  contextmenu: false,
  fixedOverflowWidgets: true,
  folding: false,
  fontSize: 14,
  glyphMargin: false,
  lineDecorationsWidth: 8,
  lineNumbers: 'off',
  minimap: { enabled: false },
  overviewRulerBorder: false,
  overviewRulerLanes: 0,
  padding: { top: 5, bottom: 5 },
  renderLineHighlight: 'none',
  scrollBeyondLastLine: false,
  scrollbar: { vertical: 'hidden', horizontal: 'hidden', alwaysConsumeMouseWheel: false, useShadows: false },
  suggestFontSize: 12,
  suggest: { showWords: false, showIcons: true, preview: false },
  quickSuggestions: { other: true, comments: false, strings: true },
  wordWrap: 'on',
  wordBasedSuggestions: false as never,
  bracketPairColorization: { enabled: false },
  matchBrackets: 'never',
  automaticLayout: true,
};

/** A field for LogQL: Monaco, as Grafana ships it, with the language from `language.ts`. Wiring only. */
export function CodeField({ value, label, complete, onChange, onRun }: Props) {
  const styles = useStyles2(getStyles);
  const box = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(heightMin);
  const [empty, setEmpty] = useState(value === '');
  // Monaco keeps the functions it was given first; these always hold the newest.
  const latest = useRef({ value, complete, onChange, onRun });
  useEffect(() => {
    latest.current = { value, complete, onChange, onRun };
  });
  const disposers = useRef<Array<() => void>>([]);
  useEffect(() => () => disposers.current.forEach((dispose) => dispose()), []);

  const mount = (editor: MonacoEditor, monaco: Monaco) => {
    const model = editor.getModel();
    if (!model) {
      return;
    }
    disposers.current.push(connect(model, (text, offset) => latest.current.complete(text, offset)));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      setEmpty(model.getValueLength() === 0);
      clearTimeout(timer);
      timer = setTimeout(() => !model.isDisposed() && showProblems(monaco, model), problemsMs);
    };
    disposers.current.push(() => clearTimeout(timer));
    // The query may have come while Monaco was loaded.
    look();
    editor.onDidChangeModelContent(look);
    showBrackets(editor);
    editor.onDidContentSizeChange(({ contentHeight }) => setHeight(Math.min(heightMax, Math.max(heightMin, contentHeight))));
    editor.onDidBlurEditorWidget(() => {
      // Only what was typed: who leaves by a click on an example has another query already when Monaco tells of it, and that is not shown yet.
      if (editor.getValue() !== latest.current.value) {
        latest.current.onChange(editor.getValue());
      }
    });
    const run = () => latest.current.onRun(editor.getValue());
    editor.addAction({ id: 'binocle-run', label: t('editor.run', 'Run query'), keybindings: [monaco.KeyMod.Shift | monaco.KeyCode.Enter, monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter], run });
    letTabLeave(editor, monaco, () => box.current);
    // Ctrl+F belongs to the page.
    editor.addAction({ id: 'binocle-find', label: t('editor.find', 'Find in page'), keybindings: [monaco.KeyMod.CtrlCmd | monaco.KeyCode.KeyF], run: () => undefined });
  };

  return (
    <div ref={box} className={styles.field} style={{ height: height + 2 }} data-testid="data-testid binocle code field">
      <ReactMonacoEditor language={languageId} value={value} height="100%" options={{ ...options, ariaLabel: label }} beforeMount={registerLanguage} onMount={mount} />
      {empty && (
        <span className={styles.placeholder} aria-hidden="true">
          {t('editor.placeholder', 'LogQL, such as {{example}}; Shift+Enter runs it', { example: '{job="nginx"} |= "error"' })}
        </span>
      )}
    </div>
  );
}

/** Marks the bracket at the cursor and its partner, in the colours Monaco has for that. */
function showBrackets(editor: MonacoEditor): void {
  let marks: string[] = [];
  const show = () => {
    const model = editor.getModel();
    const position = editor.getPosition();
    const pair = model && position && editor.hasTextFocus() ? bracketsAt(model.getValue(), model.getOffsetAt(position)) : undefined;
    const place = (offset: number) => {
      const { lineNumber, column } = model!.getPositionAt(offset);
      return { startLineNumber: lineNumber, startColumn: column, endLineNumber: lineNumber, endColumn: column + 1 };
    };
    marks = editor.deltaDecorations(marks, (pair ?? []).map((offset) => ({ range: place(offset), options: { className: 'bracket-match' } })));
  };
  editor.onDidChangeCursorPosition(show);
  editor.onDidFocusEditorText(show);
  editor.onDidBlurEditorText(show);
}

const getStyles = (theme: GrafanaTheme2) => ({
  field: css({
    position: 'relative',
    border: `1px solid ${theme.components.input.borderColor}`,
    borderRadius: theme.shape.borderRadius?.(1) ?? 4,
    background: theme.components.input.background,
    overflow: 'hidden',
    width: '100%',
    '&:focus-within': { borderColor: theme.colors.primary.main, boxShadow: `0 0 0 1px ${theme.colors.primary.main}` },
  }),
  // Where Monaco writes; clicks go through to it.
  placeholder: css({
    position: 'absolute',
    top: 6,
    left: 9,
    right: 9,
    overflow: 'hidden',
    whiteSpace: 'nowrap',
    textOverflow: 'ellipsis',
    color: theme.colors.text.secondary,
    pointerEvents: 'none',
  }),
});
