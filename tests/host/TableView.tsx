import { css } from '@emotion/css';
import type { DataFrame, GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';

/** Rows shown of a table. */
const rowsMax = 200;

export function TableView({ frame }: { frame: DataFrame }) {
  const styles = useStyles2(getStyles);
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          {frame.fields.map((field) => (
            <th key={field.name}>{field.name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: Math.min(frame.length, rowsMax) }, (_, row) => (
          <tr key={row}>
            {frame.fields.map((field) => (
              <td key={field.name}>{field.type === 'time' ? new Date(field.values[row]).toLocaleString() : String(field.values[row])}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  table: css({ width: '100%', borderCollapse: 'collapse', fontSize: theme.typography.bodySmall.fontSize, 'th, td': { textAlign: 'left', padding: '4px 10px', borderBottom: `1px solid ${theme.colors.border.weak}` }, th: { color: theme.colors.text.link, fontWeight: 500 } }),
});
