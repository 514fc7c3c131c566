import type { LogRowModel } from '@grafana/data';
import { InlineField, RadioButtonGroup } from '@grafana/ui';
import React, { useState } from 'react';
import { fileLabels, hostLabels, streamLabels, type ContextScope } from '../features/context';

interface ScopeHolder {
  contextScope: ContextScope;
  setContextScope(scope: ContextScope): void;
}

/** Above the lines of a context: how wide to look. Only scopes the row has labels for are offered. */
export function contextUi(row: LogRowModel, holder: ScopeHolder, run?: () => void): React.ReactNode {
  return <ContextScopePicker row={row} holder={holder} run={run} />;
}

function ContextScopePicker({ row, holder, run }: { row: LogRowModel; holder: ScopeHolder; run?: () => void }) {
  const [scope, setScope] = useState(holder.contextScope);
  const labels = streamLabels(row);
  const file = fileLabels.find((name) => labels[name]);
  const host = hostLabels.find((name) => labels[name]);
  const options: Array<{ value: ContextScope; label: string; description: string }> = [{ value: 'stream', label: 'Same stream', description: 'Lines with exactly these labels' }];
  if (file) {
    options.push({ value: 'file', label: 'Same file', description: `Lines with ${file}="${labels[file]}"` });
  }
  if (host) {
    options.push({ value: 'host', label: 'Same host', description: `Lines with ${host}="${labels[host]}"` });
  }
  const change = (next: ContextScope) => {
    holder.setContextScope(next);
    setScope(next);
    run?.();
  };
  return (
    <InlineField label="Show lines of" tooltip="Wider than the stream, for example to see what else the machine said at that moment">
      <RadioButtonGroup aria-label="Width of the context" options={options} value={scope} onChange={change} />
    </InlineField>
  );
}
