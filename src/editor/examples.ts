import { t } from '../i18n';
import { logQueriesOf, setSelector } from '../logql';
import { parsed } from '../query/kind';

/** A query to begin with. */
export interface Example {
  title: string;
  text: string;
  expr: string;
}

export interface ExampleGroup {
  title: string;
  examples: Example[];
}

/** Queries that show what LogQL can do, simple ones first. */
export const exampleGroups = (): ExampleGroup[] => [
  {
    title: t('examples.lines', 'Lines'),
    examples: [
      { title: t('examples.stream', 'Pick a log stream'), text: t('examples.streamHelp', 'Every query begins with the labels of the streams to read.'), expr: '{job="nginxlogs"}' },
      { title: t('examples.text', 'Look for a text'), text: t('examples.textHelp', 'Lines that contain it. Use != for lines that do not, |~ for a regular expression.'), expr: '{job="nginxlogs"} |= "GET"' },
      { title: t('examples.case', 'Ignore upper and lower case'), text: t('examples.caseHelp', 'Begin the regular expression with (?i).'), expr: '{job="varlogs"} |~ "(?i)error"' },
      { title: t('examples.fields', 'Read fields of JSON lines'), text: t('examples.fieldsHelp', 'Parse the line, then filter by what was found in it.'), expr: '{job="app"} | json | status >= 500' },
      { title: t('examples.logfmt', 'Read fields of logfmt lines'), text: t('examples.logfmtHelp', 'Durations and sizes compare as what they are.'), expr: '{job="app"} | logfmt | took > 500ms' },
      { title: t('examples.pattern', 'Read fields of access logs'), text: t('examples.patternHelp', 'A pattern names the parts of a line.'), expr: '{job="nginxlogs"} | pattern "<ip> - - <_> \\"<method> <path> <_>\\" <status> <size>" | status >= 400' },
      { title: t('examples.nested', 'Pick single fields of nested JSON'), text: t('examples.nestedHelp', 'Name the field and say where it is; no other is read.'), expr: '{job="app"} | json user="request.user.id" | user != ""' },
      { title: t('examples.format', 'Write lines anew'), text: t('examples.formatHelp', 'Only what matters, in the order you like to read it.'), expr: '{job="app"} | logfmt | line_format "{{.status}} {{.took}} {{.msg}}"' },
      { title: t('examples.rename', 'Give the level its name'), text: t('examples.renameHelp', 'For logs that call it otherwise.'), expr: '{job="app"} | logfmt | label_format level=lvl' },
    ],
  },
  {
    title: t('examples.numbers', 'Numbers'),
    examples: [
      { title: t('examples.rate', 'Lines per second'), text: t('examples.rateHelp', 'Any log query becomes numbers with a range function.'), expr: 'sum by (hostname) (rate({job="nginxlogs"} [$__auto]))' },
      { title: t('examples.byField', 'Requests by a field of the line'), text: t('examples.byFieldHelp', 'Parsed fields group as labels do.'), expr: 'sum by (status) (count_over_time({job="app"} | logfmt | __error__="" [$__auto]))' },
      { title: t('examples.share', 'Share of errors'), text: t('examples.shareHelp', 'One query divided by another.'), expr: 'sum(rate({job="app"} |= "error" [$__auto])) / sum(rate({job="app"} [$__auto]))' },
      { title: t('examples.bytes', 'Bytes per second'), text: t('examples.bytesHelp', 'How much a stream writes.'), expr: 'sum by (filename) (bytes_rate({job="app"} [$__auto]))' },
      { title: t('examples.busiest', 'Busiest streams'), text: t('examples.busiestHelp', 'The ten with most lines in the whole range.'), expr: 'topk(10, sum by (job, filename) (count_over_time({job=~".+"} [$__range])))' },
      { title: t('examples.quantile', 'A quantile of a number in the lines'), text: t('examples.quantileHelp', 'unwrap takes the value of a field.'), expr: 'quantile_over_time(0.99, {job="app"} | logfmt | unwrap duration(took) [$__auto]) by (job)' },
      { title: t('examples.average', 'Average of a number in the lines'), text: t('examples.averageHelp', 'Lines whose number cannot be read are left out.'), expr: 'avg_over_time({job="app"} | logfmt | unwrap duration(took) | __error__="" [$__auto]) by (hostname)' },
    ],
  },
];

/** The example for the streams of a query that is there already. */
export function exampleFor(example: string, current: string): string {
  const found = parsed(current);
  const selector = found && logQueriesOf(found)[0]?.selector;
  return selector && selector.variable === undefined && selector.matchers.length > 0 ? setSelector(example, selector.matchers) : example;
}
