import { css } from '@emotion/css';
import type { GrafanaTheme2, QueryEditorHelpProps } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';
import { t } from '../i18n';
import type { Query } from '../query/model';

const examples = (): Array<{ title: string; text: string; expr: string }> => [
  { title: t('examples.stream', 'Pick a log stream'), text: t('examples.streamHelp', 'Every query begins with the labels of the streams to read.'), expr: '{job="nginxlogs"}' },
  { title: t('examples.text', 'Look for a text'), text: t('examples.textHelp', 'Lines that contain it. Use != for lines that do not, |~ for a regular expression.'), expr: '{job="nginxlogs"} |= "GET"' },
  { title: t('examples.case', 'Ignore upper and lower case'), text: t('examples.caseHelp', 'Begin the regular expression with (?i).'), expr: '{job="varlogs"} |~ "(?i)error"' },
  { title: t('examples.fields', 'Read fields of JSON or logfmt lines'), text: t('examples.fieldsHelp', 'Parse the line, then filter by what was found in it.'), expr: '{job="app"} | json | status >= 500' },
  { title: t('examples.pattern', 'Read fields of access logs'), text: t('examples.patternHelp', 'A pattern names the parts of a line.'), expr: '{job="nginxlogs"} | pattern "<ip> - - <_> \\"<method> <path> <_>\\" <status> <size>" | status >= 400' },
  { title: t('examples.rate', 'Lines per second'), text: t('examples.rateHelp', 'Any log query becomes numbers with a range function.'), expr: 'sum by (hostname) (rate({job="nginxlogs"}[$__auto]))' },
  { title: t('examples.busiest', 'Busiest streams'), text: t('examples.busiestHelp', 'The ten with most lines in the whole range.'), expr: 'topk(10, sum by (job, filename) (count_over_time({job=~".+"}[$__range])))' },
  { title: t('examples.quantile', 'A quantile of a number in the lines'), text: t('examples.quantileHelp', 'unwrap takes the value of a field.'), expr: 'quantile_over_time(0.99, {job="app"} | logfmt | unwrap duration(took) [$__auto]) by (job)' },
];

/** Examples to click, shown by Explore while there is no query. */
export default function CheatSheet({ onClickExample, query }: QueryEditorHelpProps<Query>) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.grid}>
      {examples().map(({ title, text, expr }) => (
        <button key={expr} type="button" className={styles.card} onClick={() => onClickExample({ ...query, refId: query?.refId ?? 'A', expr })}>
          <span className={styles.title}>{title}</span>
          <span>{text}</span>
          <code className={styles.code}>{expr}</code>
        </button>
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  grid: css({ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(320px, 1fr))', gap: theme.spacing(1.5) }),
  card: css({
    display: 'flex', flexDirection: 'column', gap: theme.spacing(0.5), textAlign: 'left', padding: theme.spacing(1.5), color: theme.colors.text.primary,
    background: theme.colors.background.secondary, border: `1px solid ${theme.colors.border.weak}`, borderRadius: 4, '&:hover': { borderColor: theme.colors.border.strong },
  }),
  title: css({ fontWeight: theme.typography.fontWeightMedium }),
  code: css({ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', marginTop: 'auto' }),
});
