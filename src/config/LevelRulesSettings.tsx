import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, Field, IconButton, InlineField, InlineFieldRow, Input, Select, TextArea, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { useRemoval } from '../editor/useRemoval';
import { t } from '../i18n';
import { levelColors, levelFinder, levelOrder, ruleRegex } from '../frames/levels';
import { levelOfLine } from '../levels/levels';
import { regexError } from '../logql';
import type { LevelRule } from '../settings';
import { Section } from './Section';

interface Props {
  rules: LevelRule[];
  onChange(rules: LevelRule[]): void;
}

const levels = levelOrder.map((value) => ({ value, label: value }));

/** A line of nginx. */
const example = '10.0.0.1 - - [20/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 502 157';

/** Rules for the level of lines whose level is not found right; and a place to try them on a line. */
export function LevelRulesSettings({ rules, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const [sample, setSample] = useState('');
  const { add, remove } = useRemoval((index) => onChange(rules.filter((_, at) => at !== index)));
  const help = t('levels.help', 'The level of a line is found by itself in access logs, syslog, JSON, logfmt and most programs. Where it is not, a rule decides the colour of the line and where the histogram counts it; the first that matches wins.');
  return (
    <Section id="levels" title={t('levels.title', 'Levels')} help={help}>
      {rules.map((rule, index) => (
        <LevelRuleRow
          key={index}
          index={index}
          rule={rule}
          onChange={(part) => onChange(rules.map((one, at) => (at === index ? { ...one, ...part } : one)))}
          onRemove={() => remove(index)}
        />
      ))}
      <Button ref={add} variant="secondary" icon="plus" className={rules.length > 0 ? styles.add : undefined} onClick={() => onChange([...rules, { regex: '', level: 'error' }])}>
        {t('levels.add', 'Add level rule')}
      </Button>
      <Field label={t('levels.try', 'Try it')} description={t('levels.tryHelp', 'Paste a line to see its level')} className={styles.test}>
        <>
          <TextArea id="binocle-level-sample" aria-label={t('levels.tryName', 'Line to find the level of')} rows={2} placeholder={example} value={sample} onChange={(event) => setSample(event.currentTarget.value)} />
          {sample && <Found line={sample} rules={rules} />}
        </>
      </Field>
    </Section>
  );
}

/** The level of a line in its colour. Rules that look at labels have nothing to look at here. */
function Found({ line, rules }: { line: string; rules: LevelRule[] }) {
  const styles = useStyles2(getStyles);
  const level = levelFinder(rules.filter(({ label }) => !label), levelOfLine)(line, {});
  return (
    <div role="status" aria-label={t('levels.found', 'Level found')} className={styles.found}>
      <span className={styles.colour} style={{ background: levelColors[level] }} />
      {level}
    </div>
  );
}

function LevelRuleRow({ index, rule, onChange, onRemove }: { index: number; rule: LevelRule; onChange(part: Partial<LevelRule>): void; onRemove(): void }) {
  const styles = useStyles2(getStyles);
  const problem = problemOf(rule.regex);
  const remove = t('levels.remove', 'Remove level rule {{number}}', { number: index + 1 });
  return (
    <div role="group" aria-label={t('levels.rule', 'Level rule {{number}}', { number: index + 1 })}>
      <InlineFieldRow>
        <InlineField label={t('config.regex', 'Regex')} invalid={problem !== undefined} error={problem} grow>
          <Input id={`binocle-level-${index}-regex`} aria-label={t('config.regex', 'Regex')} placeholder="^PANIC" value={rule.regex} onChange={(event) => onChange({ regex: event.currentTarget.value })} />
        </InlineField>
        <InlineField label={t('levels.inLabel', 'in label')} tooltip={t('levels.inLabelHelp', 'Empty: the regular expression looks at the line')}>
          <Input id={`binocle-level-${index}-label`} aria-label={t('levels.label', 'Label')} width={16} value={rule.label ?? ''} onChange={(event) => onChange({ label: event.currentTarget.value || undefined })} />
        </InlineField>
        <InlineField label={t('levels.is', 'is')}>
          <Select inputId={`binocle-level-${index}-level`} aria-label={t('levels.level', 'Level')} width={14} options={levels} value={rule.level} onChange={({ value = 'error' }) => onChange({ level: value })} />
        </InlineField>
        <IconButton name="trash-alt" aria-label={remove} tooltip={remove} onClick={onRemove} className={styles.remove} />
      </InlineFieldRow>
    </div>
  );
}

/** What is wrong with a rule: lines are judged in the browser, the histogram by the server, and each has regular expressions of its own. */
function problemOf(regex: string): string | undefined {
  if (!ruleRegex(regex)) {
    return t('config.regexBroken', 'The regular expression has a mistake');
  }
  return regexError(regex) === undefined ? undefined : t('levels.linesOnly', 'For lines only: the histogram needs RE2');
}

const getStyles = (theme: GrafanaTheme2) => ({
  remove: css({ alignSelf: 'flex-start', margin: theme.spacing(1, 0, 0, 1) }),
  add: css({ marginTop: theme.spacing(1) }),
  test: css({ marginTop: theme.spacing(2) }),
  found: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1), marginTop: theme.spacing(1) }),
  colour: css({ width: 12, height: 12, borderRadius: theme.shape.borderRadius?.(1) ?? 2 }),
});
