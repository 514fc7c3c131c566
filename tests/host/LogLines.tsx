import { css, cx } from '@emotion/css';
import { dateTimeFormat, type DataFrame, type DataSourceApi, type Field, type GrafanaTheme2 } from '@grafana/data';
import { Button, IconButton, useStyles2 } from '@grafana/ui';
import React, { useMemo, useState } from 'react';

export interface InternalLink {
  title: string;
  datasourceUid: string;
  query: Record<string, unknown> & { refId: string };
}

interface Props {
  frame: DataFrame;
  datasource: DataSourceApi;
  live: boolean;
  onFilter(type: 'ADD_FILTER' | 'ADD_FILTER_OUT', key: string, value: string, frame: DataFrame): void;
  isActive(key: string, value: string): boolean;
  onContext(row: number): void;
  onOpen(link: InternalLink): void;
}

const levelColors: Record<string, string> = {
  critical: '#705da0', error: '#e24d42', warning: '#ffcc00', info: '#7eb26d', debug: '#1f78c1', trace: '#6ed0e0', unknown: '#8e8e8e',
};

const valuesOf = (frame: DataFrame, name: string): unknown[] => frame.fields.find((field) => field.name === name)?.values ?? [];

/** Lines with their level's colour; a click opens labels, fields, links and filters. */
export function LogLines(props: Props) {
  const { frame } = props;
  const styles = useStyles2(getStyles);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const columns = useMemo(
    () => ({ times: valuesOf(frame, 'timestamp') as number[], bodies: valuesOf(frame, 'body') as string[], levels: valuesOf(frame, 'severity') as string[], ids: valuesOf(frame, 'id') as string[] }),
    [frame]
  );
  const words = useMemo(() => highlighter(frame.meta?.custom?.searchWords), [frame]);
  const toggle = (id: string) => setOpen((before) => new Set(before.has(id) ? [...before].filter((other) => other !== id) : [...before, id]));
  return (
    <div className={styles.lines} role="table" aria-label="Log lines">
      {columns.bodies.map((body, row) => {
        const id = columns.ids[row];
        const level = columns.levels[row] ?? 'unknown';
        return (
          <React.Fragment key={id}>
            <button className={cx(styles.line, open.has(id) && styles.open)} data-level={level} aria-expanded={open.has(id)} onClick={() => toggle(id)}>
              <span className={styles.level} style={{ background: levelColors[level] }} />
              <span className={styles.time}>{dateTimeFormat(columns.times[row], { format: 'YYYY-MM-DD HH:mm:ss.SSS' })}</span>
              <span className={styles.body}>{words(body, styles.mark)}</span>
            </button>
            {open.has(id) && <Details {...props} row={row} />}
          </React.Fragment>
        );
      })}
    </div>
  );
}

function Details({ frame, row, datasource, onFilter, isActive, onContext, onOpen }: Props & { row: number }) {
  const styles = useStyles2(getStyles);
  const labels = (valuesOf(frame, 'labels')[row] ?? {}) as Record<string, string>;
  const source = datasource as DataSourceApi & { getLabelDisplayTypeFromFrame?(key: string, frame: DataFrame, row: number): string | null };
  const groups = new Map<string, string[]>();
  for (const name of Object.keys(labels).sort()) {
    const group = source.getLabelDisplayTypeFromFrame?.(name, frame, row) ?? 'Labels';
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  const linked = frame.fields.filter((field) => field.config.links && field.config.links.length > 0 && field.values[row] !== null && field.values[row] !== undefined && field.values[row] !== '');
  return (
    <div className={styles.details} role="group" aria-label="Details of the line">
      <div className={styles.actions}>
        <Button size="sm" variant="secondary" fill="text" icon="gf-show-context" onClick={() => onContext(row)}>
          Show context
        </Button>
      </div>
      {[...groups].map(([group, names]) => (
        <div key={group}>
          <div className={styles.group}>{group}</div>
          {names.map((name) => (
            <div key={name} className={styles.pair}>
              <IconButton name="search-plus" size="sm" variant={isActive(name, labels[name]) ? 'primary' : 'secondary'} aria-label={`Filter for ${name} ${labels[name]}`} onClick={() => onFilter('ADD_FILTER', name, labels[name], frame)} />
              <IconButton name="search-minus" size="sm" aria-label={`Filter out ${name} ${labels[name]}`} onClick={() => onFilter('ADD_FILTER_OUT', name, labels[name], frame)} />
              <span className={styles.name}>{name}</span>
              <span className={styles.value}>{labels[name]}</span>
            </div>
          ))}
        </div>
      ))}
      {linked.length > 0 && <div className={styles.group}>Links</div>}
      {linked.map((field) => (
        <div key={field.name} className={styles.linked}>
          <span className={styles.name}>{field.name}</span>
          <span className={styles.value}>{String(field.values[row])}</span>
          <span className={styles.break} />
          {linksOf(field, row).map((link) =>
            link.internal ? (
              <Button key={link.title} size="sm" variant="secondary" icon="columns" onClick={() => onOpen(link.internal!)}>
                {link.title || 'Open'}
              </Button>
            ) : (
              <a key={link.title} href={link.href} target="_blank" rel="noreferrer" className={styles.link}>
                {link.title || link.href}
              </a>
            )
          )}
        </div>
      ))}
    </div>
  );
}

/** Links of a field for one line, with the value filled in as Grafana does. */
function linksOf(field: Field, row: number): Array<{ title: string; href?: string; internal?: InternalLink }> {
  const raw = String(field.values[row]);
  const fill = (text: string) => text.replace(/\$\{__value\.raw\}/g, raw);
  const perRow = field.config.custom?.rowLinks?.[row] as typeof field.config.links;
  return [...(perRow ?? field.config.links ?? [])].map((link) => ({
    title: fill(link.title),
    href: link.url ? fill(link.url) : undefined,
    internal: link.internal && { title: fill(link.title), datasourceUid: link.internal.datasourceUid, query: JSON.parse(JSON.stringify(link.internal.query).replace(/\$\{__value\.raw\}/g, JSON.stringify(raw).slice(1, -1))) },
  }));
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
    display: 'flex', width: '100%', padding: '1px 8px 1px 0', border: 'none', background: 'none', color: theme.colors.text.primary, textAlign: 'left', font: 'inherit', lineHeight: 1.5, cursor: 'pointer',
    '&:hover': { background: theme.colors.action.hover },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: -2 },
  }),
  open: css({ background: theme.colors.background.secondary }),
  level: css({ flex: '0 0 3px', borderRadius: 2, margin: '1px 10px 1px 2px' }),
  time: css({ flex: '0 0 auto', color: theme.colors.text.secondary, marginRight: 14, whiteSpace: 'nowrap' }),
  body: css({ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }),
  mark: css({ background: theme.isDark ? 'rgba(255, 204, 0, 0.28)' : 'rgba(255, 204, 0, 0.5)', color: 'inherit', borderRadius: 2 }),
  details: css({ background: theme.colors.background.secondary, borderLeft: `3px solid ${theme.colors.border.medium}`, margin: '0 0 6px 2px', padding: '6px 16px 10px', borderRadius: '0 0 4px 4px' }),
  actions: css({ float: 'right' }),
  group: css({ fontFamily: theme.typography.fontFamily, fontWeight: 500, fontSize: 11, color: theme.colors.text.secondary, margin: '6px 0 2px' }),
  pair: css({ display: 'flex', alignItems: 'center', gap: 4, padding: '1px 0', minHeight: 22 }),
  linked: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 6, padding: '1px 0' }),
  break: css({ flexBasis: '100%' }),
  name: css({ flex: '0 0 160px', color: theme.colors.text.secondary, marginLeft: 6, overflow: 'hidden', textOverflow: 'ellipsis' }),
  value: css({ overflowWrap: 'anywhere', marginRight: 12 }),
  link: css({ color: theme.colors.text.link, textDecoration: 'underline' }),
});
