import { css } from '@emotion/css';
import { type DataFrame, type DataSourceApi, type Field, type GrafanaTheme2 } from '@grafana/data';
import { Button, ClipboardButton, IconButton, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { ValueStatistics } from './Statistics';

export interface InternalLink {
  title: string;
  datasourceUid: string;
  query: Record<string, unknown> & { refId: string };
}

export interface LineActions {
  datasource: DataSourceApi;
  onFilter(type: 'ADD_FILTER' | 'ADD_FILTER_OUT', key: string, value: string, frame: DataFrame): void;
  isActive(key: string, value: string): boolean;
  onContext(row: number): void;
  onOpen(link: InternalLink): void;
  /** An address at which this line is marked. */
  addressOf(id: string): string;
}

const valuesOf = (frame: DataFrame, name: string): unknown[] => frame.fields.find((field) => field.name === name)?.values ?? [];

/** Labels, fields, links and filters of one line. */
export function LogDetails({ frame, row, datasource, onFilter, isActive, onContext, onOpen, addressOf }: LineActions & { frame: DataFrame; row: number }) {
  const styles = useStyles2(getStyles);
  const labels = (valuesOf(frame, 'labels')[row] ?? {}) as Record<string, string>;
  const source = datasource as DataSourceApi & { getLabelDisplayTypeFromFrame?(key: string, frame: DataFrame, row: number): string | null };
  const groups = new Map<string, string[]>();
  for (const name of Object.keys(labels).sort()) {
    const group = source.getLabelDisplayTypeFromFrame?.(name, frame, row) ?? 'Labels';
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  const [counted, setCounted] = useState<string>();
  const linked = frame.fields.filter((field) => field.config.links && field.config.links.length > 0 && field.values[row] !== null && field.values[row] !== undefined && field.values[row] !== '');
  return (
    <div className={styles.details} role="group" aria-label="Details of the line">
      <div className={styles.actions}>
        <Button size="sm" variant="secondary" fill="text" icon="gf-show-context" onClick={() => onContext(row)}>
          Show context
        </Button>
        <ClipboardButton size="sm" variant="secondary" fill="text" icon="share-alt" getText={() => addressOf(String(valuesOf(frame, 'id')[row]))}>
          Copy link to line
        </ClipboardButton>
      </div>
      {[...groups].map(([group, names]) => (
        <div key={group}>
          <div className={styles.group}>{group}</div>
          {names.map((name) => (
            <React.Fragment key={name}>
              <div className={styles.pair}>
                <IconButton name="signal" size="sm" variant={counted === name ? 'primary' : 'secondary'} aria-label={`Values of ${name}`} onClick={() => setCounted(counted === name ? undefined : name)} />
                <IconButton name="search-plus" size="sm" variant={isActive(name, labels[name]) ? 'primary' : 'secondary'} aria-label={`Filter for ${name} ${labels[name]}`} onClick={() => onFilter('ADD_FILTER', name, labels[name], frame)} />
                <IconButton name="search-minus" size="sm" aria-label={`Filter out ${name} ${labels[name]}`} onClick={() => onFilter('ADD_FILTER_OUT', name, labels[name], frame)} />
                <span className={styles.name}>{name}</span>
                <span className={styles.value}>{labels[name]}</span>
              </div>
              {counted === name && <ValueStatistics frame={frame} name={name} />}
            </React.Fragment>
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

const getStyles = (theme: GrafanaTheme2) => ({
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
