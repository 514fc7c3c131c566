import { css } from '@emotion/css';
import type { DataSourceSettings, GrafanaTheme2 } from '@grafana/data';
import { DataSourcePicker } from '@grafana/runtime';
import { Alert, Button, Field, IconButton, Input, Select, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { HttpLogApi } from '../api';
import type { LabelPair, ProposedPair, Rule } from '../correlate';
import { discoverMap, prometheusSource } from '../features/prometheus';
import { nsRangeOf } from '../query/range';
import type { Settings } from '../settings';

interface Props {
  options: DataSourceSettings<Settings>;
  onChange(part: Partial<Settings>): void;
}

const rules: Array<{ value: Rule; label: string; description: string }> = [
  { value: 'equal', label: 'equal', description: 'The values are the same' },
  { value: 'without-port', label: 'without port', description: 'web1:9100 is web1' },
  { value: 'short-host', label: 'short host', description: 'web1.example.com is web1' },
  { value: 'regex', label: 'regex', description: 'A pattern with a replacement' },
];

/** Which Prometheus belongs to the logs, and which labels mean the same on both sides. */
export function CorrelationSettings({ options, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const { prometheusUid, correlation } = options.jsonData;
  const pairs = correlation?.pairs ?? [];
  const [found, setFound] = useState<ProposedPair[]>();
  const [problem, setProblem] = useState('');
  const setPairs = (next: LabelPair[]) => onChange({ correlation: { ...correlation, pairs: next } });
  const set = (index: number, part: Partial<LabelPair>) => setPairs(pairs.map((pair, at) => (at === index ? { ...pair, ...part } : pair)));
  const look = async () => {
    setProblem('');
    try {
      const api = new HttpLogApi({ uid: options.uid, url: undefined });
      setFound(await discoverMap(api, await prometheusSource(prometheusUid ?? ''), nsRangeOf(undefined, Date.now(), 6)));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <section className={styles.section}>
      <h3>Logs and metrics</h3>
      <Field label="Prometheus data source" description="The one that watches the same machines as these logs. Lines then lead to the metrics of their machine.">
        <DataSourcePicker inputId="binocle-prometheus" type="prometheus" noDefault placeholder="None" current={prometheusUid ?? null} onChange={({ uid }) => onChange({ prometheusUid: uid })} onClear={() => onChange({ prometheusUid: undefined })} />
      </Field>
      <div className={styles.title}>Label map</div>
      <p className={styles.muted}>{pairs.length === 0 ? 'Found by itself by comparing the values of both sides. Write it down here to fix it.' : 'These pairs of labels mean the same.'}</p>
      {pairs.map((pair, index) => (
        <div key={index} className={styles.pair} role="group" aria-label={`Label pair ${index + 1}`}>
          <Input id={`binocle-pair-${index}-log`} aria-label="Label of logs" width={20} placeholder="hostname" value={pair.log} onChange={(event) => set(index, { log: event.currentTarget.value })} />
          <span>is</span>
          <Input id={`binocle-pair-${index}-metric`} aria-label="Label of metrics" width={20} placeholder="instance" value={pair.metric} onChange={(event) => set(index, { metric: event.currentTarget.value })} />
          <Select inputId={`binocle-pair-${index}-rule`} aria-label="Rule" width={18} options={rules} value={pair.rule} onChange={({ value = 'equal' }) => set(index, { rule: value })} />
          {pair.rule === 'regex' && (
            <>
              <Input id={`binocle-pair-${index}-pattern`} aria-label="Pattern" width={24} placeholder="(.*):\d+" value={pair.pattern ?? ''} onChange={(event) => set(index, { pattern: event.currentTarget.value })} />
              <Input id={`binocle-pair-${index}-replacement`} aria-label="Replacement" width={12} placeholder="$1" value={pair.replacement ?? ''} onChange={(event) => set(index, { replacement: event.currentTarget.value })} />
            </>
          )}
          <IconButton name="trash-alt" aria-label={`Remove label pair ${index + 1}`} onClick={() => setPairs(pairs.filter((_, at) => at !== index))} />
        </div>
      ))}
      <div className={styles.buttons}>
        <Button variant="secondary" icon="plus" onClick={() => setPairs([...pairs, { log: '', metric: '', rule: 'equal' }])}>
          Add pair
        </Button>
        <Button variant="secondary" icon="search" disabled={!prometheusUid} onClick={look}>
          Find pairs
        </Button>
      </div>
      {problem && (
        <Alert severity="warning" title="The two sides could not be compared">
          {problem}. Save the data source first, then try again.
        </Alert>
      )}
      {found && (
        <div className={styles.found} aria-label="Pairs found">
          {found.length === 0 && <p className={styles.muted}>No labels with values in common were found.</p>}
          {found.map((pair) => (
            <div key={`${pair.log} ${pair.metric}`} className={styles.pair}>
              <Button size="sm" variant="secondary" icon="plus" aria-label={`Use ${pair.log} and ${pair.metric}`} onClick={() => setPairs([...pairs, pairOf(pair)])} />
              <span>{pair.sentence}</span>
              <span className={styles.muted}>{Math.round(pair.score * 100)} %</span>
            </div>
          ))}
        </div>
      )}
    </section>
  );
}

/** What of a proposal is kept: the pair without its evidence. */
function pairOf({ log, metric, rule, pattern, replacement, side, ignoreCase }: ProposedPair): LabelPair {
  return { log, metric, rule, ...(pattern !== undefined && { pattern, replacement }), ...(side && { side }), ...(ignoreCase && { ignoreCase }) };
}

const getStyles = (theme: GrafanaTheme2) => ({
  section: css({ marginTop: theme.spacing(4) }),
  title: css({ fontWeight: theme.typography.fontWeightMedium }),
  muted: css({ color: theme.colors.text.secondary }),
  pair: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1), marginBottom: theme.spacing(1) }),
  buttons: css({ display: 'flex', gap: theme.spacing(1) }),
  found: css({ marginTop: theme.spacing(2) }),
});
