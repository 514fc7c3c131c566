import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, FilterInput, LoadingPlaceholder, Modal, useStyles2 } from '@grafana/ui';
import React, { useEffect, useMemo, useState } from 'react';
import { numberText, plural, t } from '../i18n';
import { formatBytes, quoteRegex } from '../logql';
import { selectorText, type DraftMatcher } from '../query/selector';
import type { LabelSource, Weighted } from './LabelSource';
import { QueryText } from './QueryText';
import { ToggleChip } from './ToggleChip';

interface Props {
  source: LabelSource;
  onDismiss(): void;
  /** A query was put together; `rate` asks for numbers instead of lines. */
  onPick(expr: string): void;
}

/** Labels and values shown at once; searching narrows them. */
const labelsMax = 1000;
const valuesMax = 10_000;

/** Chosen values by label, in the order of choosing. */
type Chosen = ReadonlyMap<string, ReadonlySet<string>>;

/** Streams to choose by pointing: no LogQL needed. Each choice narrows what the others offer. */
export function LabelBrowser({ source, onDismiss, onPick }: Props) {
  const styles = useStyles2(getStyles);
  const [open, setOpen] = useState<string[]>([]);
  const [chosen, setChosen] = useState<Chosen>(new Map());
  /** What the server said of a selector. */
  const [checked, setChecked] = useState<{ selector: string; text: string }>();
  const selector = useMemo(() => selectorText(matchersOf(chosen)), [chosen]);
  const isEmpty = matchersOf(chosen).length === 0;
  const toggleLabel = (name: string) => {
    setOpen(open.includes(name) ? open.filter((one) => one !== name) : [...open, name]);
    setChosen(new Map([...chosen].filter(([other]) => other !== name)));
  };
  const toggleValue = (name: string, value: string) => {
    const values = new Set(chosen.get(name));
    if (!values.delete(value)) {
      values.add(value);
    }
    setChosen(new Map([...chosen, [name, values]]));
  };
  const validate = () => {
    const say = (text: string) => setChecked({ selector, text });
    source.series(selector).then((found) => say(plural('browser.matches', found.length, { one: '{{count}} stream matches', other: '{{count}} streams match' })), (error: Error) => say(error.message));
  };
  return (
    <Modal isOpen title={t('editor.labelBrowser', 'Label browser')} onDismiss={onDismiss} className={styles.modal}>
      <div className={styles.step}>{t('browser.labels', '1. Choose labels to search in')}</div>
      <LabelNames source={source} open={open} onToggle={toggleLabel} />
      {open.length > 0 && <div className={styles.step}>{t('browser.values', '2. Choose values')}</div>}
      <div className={styles.columns}>
        {open.map((name) => (
          <ValueList key={name} name={name} source={source} chosen={chosen} onToggle={(value) => toggleValue(name, value)} />
        ))}
      </div>
      <div className={styles.step}>{t('browser.selector', '3. The selector')}</div>
      <QueryText text={selector} label={t('browser.selectorName', 'Selector')} />
      <span role="status" className={styles.streams}>
        {checked?.selector === selector && checked.text}
      </span>
      <Buttons
        disabled={isEmpty}
        onPick={() => onPick(selector)}
        onRate={() => onPick(`sum(rate(${selector} [$__auto]))`)}
        onValidate={validate}
        onClear={() => {
          setChosen(new Map());
          setOpen([]);
        }}
      />
    </Modal>
  );
}

function Buttons({ disabled, onPick, onRate, onValidate, onClear }: { disabled: boolean; onPick(): void; onRate(): void; onValidate(): void; onClear(): void }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.buttons}>
      <Button disabled={disabled} onClick={onPick}>
        {t('browser.showLogs', 'Show logs')}
      </Button>
      <Button variant="secondary" disabled={disabled} onClick={onRate}>
        {t('browser.showRate', 'Show logs rate')}
      </Button>
      <Button variant="secondary" disabled={disabled} onClick={onValidate}>
        {t('browser.validate', 'Validate selector')}
      </Button>
      <Button variant="secondary" fill="text" onClick={onClear}>
        {t('browser.clear', 'Clear')}
      </Button>
    </div>
  );
}

/** Labels of the range, those that are open pressed. */
function LabelNames({ source, open, onToggle }: { source: LabelSource; open: string[]; onToggle(name: string): void }) {
  const styles = useStyles2(getStyles);
  const [names, setNames] = useState<string[]>();
  const [problem, setProblem] = useState('');
  const [search, setSearch] = useState('');
  useEffect(() => {
    let left = false;
    source.labels().then(
      (found) => !left && setNames(found),
      (error: Error) => !left && setProblem(error.message)
    );
    return () => {
      left = true;
    };
  }, [source]);
  const shown = names?.filter((name) => name.toLowerCase().includes(search.toLowerCase())).slice(0, labelsMax);
  return (
    <>
      <FilterInput aria-label={t('browser.searchLabels', 'Search labels')} placeholder={t('browser.searchLabels', 'Search labels')} value={search} escapeRegex={false} onChange={setSearch} />
      {problem && (
        <Alert severity="error" title={t('browser.failed', 'Labels could not be loaded')}>
          {problem}
        </Alert>
      )}
      {names?.length === 0 && <p className={styles.streams}>{t('browser.none', 'There are no logs in this range.')}</p>}
      {!names && !problem && <LoadingPlaceholder text={t('browser.loading', 'Loading labels')} />}
      <div className={styles.chips} role="group" aria-label={t('browser.labelsName', 'Labels')}>
        {shown?.map((name) => (
          <ToggleChip key={name} className={styles.chip} pressed={open.includes(name)} onClick={() => onToggle(name)}>
            {name}
          </ToggleChip>
        ))}
      </div>
    </>
  );
}

/** Values of one label, narrowed by what is chosen of the other labels. */
function ValueList({ name, source, chosen, onToggle }: { name: string; source: LabelSource; chosen: Chosen; onToggle(value: string): void }) {
  const styles = useStyles2(getStyles);
  const [values, setValues] = useState<Weighted[]>();
  const [problem, setProblem] = useState('');
  const [search, setSearch] = useState('');
  const others = matchersOf(new Map([...chosen].filter(([other]) => other !== name)));
  const selector = others.length > 0 ? selectorText(others) : undefined;
  useEffect(() => {
    let left = false;
    source.weightedValues(name, selector).then(
      (found) => {
        if (!left) {
          setProblem('');
          setValues([...found].sort((a, b) => (b.weight ?? 0) - (a.weight ?? 0)));
        }
      },
      (error: Error) => !left && setProblem(error.message)
    );
    return () => {
      left = true;
    };
  }, [name, selector, source]);
  const shown = values?.filter((value) => value.name.toLowerCase().includes(search.toLowerCase())).slice(0, valuesMax);
  return (
    <div className={styles.column} role="group" aria-label={t('browser.valuesOf', 'Values of {{name}}', { name })}>
      <div className={styles.columnTitle}>
        {name} {values && <span className={styles.count}>{numberText(values.length)}</span>}
      </div>
      {(values?.length ?? 0) > 8 && <FilterInput aria-label={t('browser.searchValues', 'Search values of {{name}}', { name })} placeholder={t('browser.search', 'Search')} value={search} escapeRegex={false} onChange={setSearch} />}
      {!values && !problem && <LoadingPlaceholder className={styles.streams} text={t('browser.loadingValues', 'Loading values')} />}
      {problem && (
        <p role="alert" className={styles.problem}>
          {t('browser.valuesFailed', 'Values could not be loaded: {{problem}}', { problem })}
        </p>
      )}
      {shown?.length === 0 && <p className={styles.streams}>{t('browser.noValues', 'No value matches')}</p>}
      <div className={styles.list}>
        {shown?.map((value) => (
          <ToggleChip key={value.name} className={styles.value} pressed={chosen.get(name)?.has(value.name) ?? false} onClick={() => onToggle(value.name)}>
            <span className={styles.valueText}>{value.name}</span>
            {value.weight !== undefined && <span className={styles.count}>{formatBytes(value.weight)}</span>}
          </ToggleChip>
        ))}
      </div>
    </div>
  );
}

function matchersOf(chosen: Chosen): DraftMatcher[] {
  return [...chosen].flatMap(([name, values]): DraftMatcher[] => {
    const all = [...values];
    if (all.length === 0) {
      return [];
    }
    return [all.length === 1 ? { name, op: '=', value: all[0] } : { name, op: '=~', value: all.map(quoteRegex).join('|') }];
  });
}

const getStyles = (theme: GrafanaTheme2) => ({
  modal: css({ width: 'min(900px, 90vw)' }),
  step: css({ fontWeight: theme.typography.fontWeightMedium, margin: theme.spacing(1.5, 0, 0.75) }),
  chips: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(0.75), marginTop: theme.spacing(1), maxHeight: 140, overflow: 'auto' }),
  chip: css({ fontFamily: theme.typography.fontFamilyMonospace }),
  columns: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1) }),
  column: css({ flex: '1 1 220px', minWidth: 0, border: `1px solid ${theme.colors.border.weak}`, borderRadius: 4, padding: theme.spacing(1) }),
  columnTitle: css({ fontWeight: theme.typography.fontWeightMedium, marginBottom: theme.spacing(0.5) }),
  list: css({ maxHeight: 220, overflow: 'auto' }),
  // A whole row, which looks like a chip only when it is chosen.
  value: css({
    display: 'flex', width: '100%', gap: theme.spacing(1), padding: theme.spacing(0.25, 0.75), fontFamily: theme.typography.fontFamilyMonospace,
    '&[aria-pressed="false"]': { borderColor: 'transparent', background: 'none', '&:hover': { background: theme.colors.action.hover } },
  }),
  valueText: css({ flex: 1, overflowWrap: 'anywhere' }),
  count: css({ color: theme.colors.text.secondary, fontSize: 11, fontWeight: 400 }),
  problem: css({ color: theme.colors.error.text, fontSize: theme.typography.bodySmall.fontSize, overflowWrap: 'anywhere' }),
  streams: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  buttons: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), marginTop: theme.spacing(2) }),
});
