import type { LogRowModel } from '@grafana/data';
import { InlineField, RadioButtonGroup } from '@grafana/ui';
import React, { useState } from 'react';
import { t } from '../i18n';
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
  const options: Array<{ value: ContextScope; label: string; description: string }> = [{ value: 'stream', label: t('context.stream', 'Same stream'), description: t('context.streamHelp', 'Lines with exactly these labels') }];
  if (file) {
    options.push({ value: 'file', label: t('context.file', 'Same file'), description: t('context.linesWith', 'Lines with {{label}}', { label: `${file}="${labels[file]}"` }) });
  }
  if (host) {
    options.push({ value: 'host', label: t('context.host', 'Same host'), description: t('context.linesWith', 'Lines with {{label}}', { label: `${host}="${labels[host]}"` }) });
  }
  const change = (next: ContextScope) => {
    holder.setContextScope(next);
    setScope(next);
    run?.();
  };
  return (
    <InlineField label={t('context.show', 'Show lines of')} tooltip={t('context.showHelp', 'Wider than the stream, for example to see what else the machine said at that moment')}>
      <RadioButtonGroup aria-label={t('context.width', 'Width of the context')} options={options} value={scope} onChange={change} />
    </InlineField>
  );
}
