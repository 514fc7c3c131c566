import { css } from '@emotion/css';
import type { DataSourceSettings, GrafanaTheme2 } from '@grafana/data';
import { DataSourcePicker } from '@grafana/runtime';
import { Alert, Button, Field, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { HttpLogApi } from '../api';
import type { LabelPair, ProposedPair } from '../correlate';
import { discoverMap, prometheusSource } from '../features/prometheus';
import { useRemoval } from '../editor/useRemoval';
import { t } from '../i18n';
import { nsRangeOf } from '../query/range';
import type { Settings } from '../settings';
import { LabelPairRow } from './LabelPairRow';
import { Section } from './Section';

/** Data sources made of Grafana's own Prometheus source: itself, and those of clouds. */
const prometheusTypes = ['prometheus', 'grafana-amazonprometheus-datasource', 'grafana-azureprometheus-datasource'];

interface Props {
  options: DataSourceSettings<Settings>;
  onChange(part: Partial<Settings>): void;
}

/** Which Prometheus belongs to the logs, and which labels mean the same on both sides. */
export function CorrelationSettings({ options, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const { prometheusUid, correlation } = options.jsonData;
  const pairs = correlation?.pairs ?? [];
  const [found, setFound] = useState<ProposedPair[]>();
  const [problem, setProblem] = useState('');
  const [isLooking, setLooking] = useState(false);
  const setPairs = (next: LabelPair[]) => onChange({ correlation: { ...correlation, pairs: next } });
  const { add, remove } = useRemoval((index) => setPairs(pairs.filter((_, at) => at !== index)));
  const look = async () => {
    setProblem('');
    setLooking(true);
    try {
      const api = new HttpLogApi({ uid: options.uid, url: undefined });
      setFound(await discoverMap(api, await prometheusSource(prometheusUid ?? ''), nsRangeOf(undefined, Date.now(), 6)));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setLooking(false);
    }
  };
  return (
    <Section id="correlation" title={t('correlation.title', 'Logs and metrics')}>
      <Field label={t('correlation.prometheus', 'Prometheus data source')} description={t('correlation.prometheusHelp', 'The one that watches the same machines as these logs. Lines then lead to the metrics of their machine.')}>
        <DataSourcePicker
          inputId="binocle-prometheus"
          type={prometheusTypes}
          noDefault
          placeholder={t('correlation.none', 'None')}
          current={prometheusUid ?? null}
          onChange={({ uid }) => onChange({ prometheusUid: uid })}
          onClear={() => onChange({ prometheusUid: undefined })}
        />
      </Field>
      <div className={styles.title}>{t('correlation.map', 'Label map')}</div>
      <p className={styles.muted}>
        {!pairs.some(({ log, metric }) => log && metric)
          ? t('correlation.automatic', 'Found by itself by comparing the values of both sides. Pairs that are written here take its place.')
          : t('correlation.pairs', 'These pairs of labels mean the same.')}
      </p>
      {pairs.map((pair, index) => (
        <LabelPairRow
          key={index}
          index={index}
          pair={pair}
          onChange={(part) => setPairs(pairs.map((one, at) => (at === index ? { ...one, ...part } : one)))}
          onRemove={() => remove(index)}
        />
      ))}
      <div className={styles.buttons}>
        <Button ref={add} variant="secondary" icon="plus" onClick={() => setPairs([...pairs, { log: '', metric: '', rule: 'equal' }])}>
          {t('correlation.add', 'Add pair')}
        </Button>
        <Button variant="secondary" icon="search" disabled={!prometheusUid || isLooking} onClick={look}>
          {isLooking ? t('correlation.looking', 'Comparing both sides') : t('correlation.find', 'Find pairs')}
        </Button>
      </div>
      {problem && (
        <Alert severity="warning" title={t('correlation.failed', 'The two sides could not be compared')}>
          {t('correlation.failedHelp', '{{problem}}. Save the data source first, then try again.', { problem })}
        </Alert>
      )}
      {found && <Found found={found} used={pairs} onUse={(pair) => setPairs([...pairs, pairOf(pair)])} />}
    </Section>
  );
}

/** Proposals that are not taken over yet, with their evidence. */
function Found({ found, used, onUse }: { found: ProposedPair[]; used: LabelPair[]; onUse(pair: ProposedPair): void }) {
  const styles = useStyles2(getStyles);
  const left = found.filter((one) => !used.some(({ log, metric }) => log === one.log && metric === one.metric));
  return (
    <div className={styles.found} role="group" aria-label={t('correlation.found', 'Pairs found')}>
      {left.length === 0 && <p className={styles.muted}>{found.length === 0 ? t('correlation.noneFound', 'No labels with values in common were found.') : t('correlation.allUsed', 'All pairs that were found are in the map.')}</p>}
      {left.map((pair) => (
        <div key={`${pair.log} ${pair.metric}`} className={styles.proposal}>
          <Button size="sm" variant="secondary" icon="plus" aria-label={t('correlation.use', 'Use {{log}} and {{metric}}', { log: pair.log, metric: pair.metric })} onClick={() => onUse(pair)} />
          <span>{pair.sentence}</span>
          <span className={styles.muted}>{Math.round(pair.score * 100)} %</span>
        </div>
      ))}
    </div>
  );
}

/** What of a proposal is kept: the pair without its evidence. */
function pairOf({ log, metric, rule, pattern, replacement, side, ignoreCase }: ProposedPair): LabelPair {
  return { log, metric, rule, ...(pattern !== undefined && { pattern, replacement }), ...(side && { side }), ...(ignoreCase && { ignoreCase }) };
}

const getStyles = (theme: GrafanaTheme2) => ({
  title: css({ fontWeight: theme.typography.fontWeightMedium }),
  muted: css({ color: theme.colors.text.secondary }),
  proposal: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1), marginBottom: theme.spacing(1) }),
  buttons: css({ display: 'flex', gap: theme.spacing(1) }),
  found: css({ marginTop: theme.spacing(2) }),
});
