import type { DataFrame } from '@grafana/data';
import { t } from '../i18n';
import type { LabelType } from './logs';

const headings: Record<LabelType, () => string> = {
  I: () => t('labels.indexed', 'Indexed labels'),
  S: () => t('labels.structured', 'Structured metadata'),
  P: () => t('labels.parsed', 'Parsed fields'),
};

/** Where a label of a row comes from; undefined when the server did not say. */
export function labelTypeOf(label: string, frame: DataFrame | undefined, row: number | null | undefined): LabelType | undefined {
  const values = frame?.fields.find((field) => field.name === 'labelTypes')?.values as Array<Record<string, LabelType>> | undefined;
  if (row !== null && row !== undefined) {
    return values?.[row]?.[label];
  }
  return values?.find((types) => types[label])?.[label];
}

/** The heading Grafana groups a label under in the details of a line. */
export function labelGroup(label: string, frame: DataFrame | undefined, row: number | null): string | null {
  const type = labelTypeOf(label, frame, row);
  return type ? headings[type]() : null;
}
