import { Input } from '@grafana/ui';
import type { DataQuery } from '@grafana/schema';
import React from 'react';

/** PromQL as plain text: the editor of Grafana's own Prometheus source is not in its packages. */
export function PromEditor({ query, onChange, onRunQuery }: { query: DataQuery & { expr?: string }; onChange(query: DataQuery): void; onRunQuery(): void }) {
  const set = (expr: string) => onChange({ ...query, expr } as DataQuery);
  return (
    <Input
      aria-label="PromQL query"
      prefix="PromQL"
      value={query.expr ?? ''}
      onChange={(event) => set(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Enter' && onRunQuery()}
      onBlur={onRunQuery}
    />
  );
}
