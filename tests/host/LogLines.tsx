import { css, cx } from '@emotion/css';
import { dateTimeFormat, type DataFrame, type GrafanaTheme2 } from '@grafana/data';
import { Button, useStyles2 } from '@grafana/ui';
import React, { useEffect, useMemo, useRef, useState } from 'react';
import { hoveredGraph, hoveredLine } from './hover';
import { LogDetails, type LineActions } from './LogDetails';

interface Props extends LineActions {
  frame: DataFrame;
  /** The line an address points to. */
  marked?: string;
  /** Text selected in a line becomes a line filter; absent where the source has none. */
  onText?(type: 'ADD_STRING_FILTER' | 'ADD_STRING_FILTER_OUT', text: string): void;
}

const levelColors: Record<string, string> = {
  critical: '#705da0', error: '#e24d42', warning: '#ffcc00', info: '#7eb26d', debug: '#1f78c1', trace: '#6ed0e0', unknown: '#8e8e8e',
};

const valuesOf = (frame: DataFrame, name: string): unknown[] => frame.fields.find((field) => field.name === name)?.values ?? [];

/** Lines with their level's colour; a click opens labels, fields, links and filters. */
export function LogLines(props: Props) {
  const { frame, marked, onText } = props;
  const styles = useStyles2(getStyles);
  const table = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [selected, setSelected] = useState<Selected>();
  const columns = useMemo(
    () => ({ times: valuesOf(frame, 'timestamp') as number[], bodies: valuesOf(frame, 'body') as string[], levels: valuesOf(frame, 'severity') as string[], ids: valuesOf(frame, 'id') as string[] }),
    [frame]
  );
  const words = useMemo(() => highlighter(frame.meta?.custom?.searchWords), [frame]);
  useGraphHover(table, columns.times);
  useEffect(() => {
    table.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'center' });
  }, [marked]);
  const toggle = (id: string) => setOpen((before) => new Set(before.has(id) ? [...before].filter((other) => other !== id) : [...before, id]));
  const clicked = (id: string) => {
    const text = String(getSelection() ?? '').trim();
    if (text === '') {
      setSelected(undefined);
      toggle(id);
    }
  };
  return (
    <div ref={table} className={styles.lines} role="group" aria-label="Log lines" onMouseLeave={() => hoveredLine.next(undefined)} onMouseUp={(event) => onText && setSelected(selectedText(event))}>
      {columns.bodies.map((body, row) => {
        const id = columns.ids[row];
        const level = columns.levels[row] ?? 'unknown';
        return (
          <React.Fragment key={id}>
            <div
              role="button"
              tabIndex={0}
              className={cx(styles.line, open.has(id) && styles.open)}
              data-level={level}
              aria-expanded={open.has(id)}
              aria-current={id === marked ? 'location' : undefined}
              onMouseEnter={() => hoveredLine.next({ time: columns.times[row], intervalMs: 0 })}
              onClick={() => clicked(id)}
              onKeyDown={(event) => event.key === 'Enter' && toggle(id)}
            >
              <span className={styles.level} style={{ background: levelColors[level] }} />
              <span className={cx(styles.time, open.has(id) && styles.openTime)}>{dateTimeFormat(columns.times[row], { format: 'YYYY-MM-DD HH:mm:ss.SSS' })}</span>
              <span className={styles.body}>{words(body, styles.mark)}</span>
            </div>
            {open.has(id) && <LogDetails {...props} row={row} />}
          </React.Fragment>
        );
      })}
      {selected && onText && (
        <div className={styles.menu} style={{ left: selected.x, top: selected.y }} role="toolbar" aria-label="Selected text">
          <Button size="sm" variant="secondary" icon="search-plus" onClick={() => onText('ADD_STRING_FILTER', selected.text)}>
            Lines with this text
          </Button>
          <Button size="sm" variant="secondary" icon="search-minus" onClick={() => onText('ADD_STRING_FILTER_OUT', selected.text)}>
            Lines without it
          </Button>
        </div>
      )}
    </div>
  );
}

/** Text selected in a line, and where its menu goes on screen. */
interface Selected {
  text: string;
  x: number;
  y: number;
}

function selectedText(event: React.MouseEvent): Selected | undefined {
  const selection = getSelection();
  const text = String(selection ?? '').trim();
  const isInLine = (selection?.anchorNode?.parentElement?.closest('[role=button]') ?? null) !== null;
  return text && isInLine && !text.includes('\n') ? { text, x: event.clientX, y: event.clientY + 12 } : undefined;
}

/** Marks the lines of the time under the pointer on a graph. By hand: a thousand lines are not drawn anew for each movement. */
function useGraphHover(table: React.RefObject<HTMLDivElement>, times: number[]): void {
  useEffect(() => {
    const graphs = hoveredGraph.subscribe((at) => {
      const rows = table.current?.querySelectorAll<HTMLElement>('[data-level]') ?? [];
      rows.forEach((row, index) => {
        const isUnder = at !== undefined && times[index] >= at.time && times[index] < at.time + Math.max(at.intervalMs, 1);
        row.toggleAttribute('data-hovered', isUnder);
      });
    });
    return () => graphs.unsubscribe();
  }, [table, times]);
}

function highlighter(words: string[] | undefined) {
  const usable = (words ?? []).filter((word) => word !== '');
  let pattern: RegExp | undefined;
  try {
    pattern = usable.length > 0 ? new RegExp(`(${usable.map((word) => word.replace(/^\(\?i\)/, '')).join('|')})`, usable.some((word) => word.startsWith('(?i)')) ? 'gi' : 'g') : undefined;
  } catch {
    pattern = undefined; // RE2 knows patterns that JavaScript doesn't: show the line without marks.
  }
  return (text: string, className: string): React.ReactNode => {
    if (!pattern) {
      return text;
    }
    const parts: React.ReactNode[] = [];
    let last = 0;
    for (const found of text.matchAll(pattern)) {
      if (found[0] === '') {
        continue;
      }
      parts.push(text.slice(last, found.index), <mark key={found.index} className={className}>{found[0]}</mark>);
      last = found.index + found[0].length;
    }
    return [...parts, text.slice(last)];
  };
}

const getStyles = (theme: GrafanaTheme2) => ({
  lines: css({ fontFamily: theme.typography.fontFamilyMonospace, fontSize: theme.typography.bodySmall.fontSize, overflow: 'hidden' }),
  line: css({
    // In a narrow pane the text goes below its time.
    display: 'flex', flexWrap: 'wrap', position: 'relative', padding: '1px 8px 1px 15px', color: theme.colors.text.primary, lineHeight: 1.5, cursor: 'pointer',
    '&:hover': { background: theme.colors.action.hover },
    '&[data-hovered]': { background: theme.colors.action.selected },
    '&[aria-current]': { background: theme.colors.warning.transparent, boxShadow: `inset 2px 0 ${theme.colors.warning.main}` },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: -2 },
  }),
  open: css({ background: theme.colors.background.secondary }),
  level: css({ position: 'absolute', left: 2, top: 2, bottom: 2, width: 3, borderRadius: 2 }),
  time: css({ flex: '0 0 auto', color: theme.colors.text.secondary, marginRight: 14, whiteSpace: 'nowrap' }),
  openTime: css({ color: theme.colors.text.primary }),
  body: css({ flex: '1 1 300px', minWidth: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }),
  menu: css({ position: 'fixed', zIndex: 20, display: 'flex', gap: 4, padding: 4, borderRadius: 4, background: theme.colors.background.elevated, border: `1px solid ${theme.colors.border.weak}`, boxShadow: theme.shadows.z3 }),
  mark: css({ background: theme.isDark ? 'rgba(255, 204, 0, 0.28)' : 'rgba(255, 204, 0, 0.5)', color: 'inherit', borderRadius: 2 }),
});
