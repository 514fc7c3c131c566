import { css } from '@emotion/css';
import { getValueFormat, formattedValueToString, type DataFrame, type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';

/** What the server says of its work, as in Grafana's inspector, and how many lines have which value of a label. */
export function QueryStatistics({ frame }: { frame: DataFrame }) {
  const styles = useStyles2(getStyles);
  return (
    <table className={styles.table} aria-label="Query statistics">
      <tbody>
        {(frame.meta?.stats ?? []).map(({ displayName, unit, value }) => (
          <tr key={displayName}>
            <td>{displayName}</td>
            <td>{formattedValueToString(getValueFormat(unit ?? 'none')(value))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Values shown of one label. */
const valuesMax = 5;

export function ValueStatistics({ frame, name }: { frame: DataFrame; name: string }) {
  const styles = useStyles2(getStyles);
  const counts = new Map<string, number>();
  const labels = (frame.fields.find((field) => field.name === 'labels')?.values ?? []) as Array<Record<string, string>>;
  for (const { [name]: value } of labels) {
    if (value !== undefined) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const top = [...counts].sort(([, a], [, b]) => b - a).slice(0, valuesMax);
  return (
    <div className={styles.values} role="list" aria-label={`Values of ${name} in these lines`}>
      {top.map(([value, count]) => (
        <div key={value} role="listitem" className={styles.value}>
          <span className={styles.bar} style={{ width: `${(count / total) * 100}%` }} />
          <span className={styles.text}>{value}</span>
          <span>
            {count.toLocaleString('en')} ({Math.round((count / total) * 100)} %)
          </span>
        </div>
      ))}
      {counts.size > top.length && <div className={styles.more}>{counts.size - top.length} more values</div>}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  table: css({ fontSize: theme.typography.bodySmall.fontSize, marginBottom: 8, td: { padding: '2px 24px 2px 0', color: theme.colors.text.secondary }, 'td + td': { textAlign: 'right', color: theme.colors.text.primary } }),
  values: css({ margin: '2px 0 6px 56px', maxWidth: 480 }),
  value: css({ position: 'relative', display: 'flex', gap: 12, padding: '2px 6px', overflow: 'hidden' }),
  bar: css({ position: 'absolute', inset: '1px auto 1px 0', background: theme.colors.action.selected, borderRadius: 2 }),
  text: css({ flex: 1, position: 'relative', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }),
  more: css({ color: theme.colors.text.secondary, padding: '2px 6px' }),
});
