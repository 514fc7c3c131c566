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

/** Lines of an answer that are looked at for where their labels come from. */
const rowsMax = 100;
/** Labels that are remembered; the one that was not seen for longest goes. Lines of a thousand different fields are rare, and a page may be open for days. */
const labelsMax = 1_000;

/** Adds where the labels of a frame's lines come from to what is known. */
export function noteLabelTypes(frame: DataFrame, seen: Map<string, LabelType>): void {
  const rows = frame.fields.find((field) => field.name === 'labelTypes')?.values as Array<Record<string, LabelType>> | undefined;
  for (const types of rows?.slice(0, rowsMax) ?? []) {
    for (const [name, type] of Object.entries(types)) {
      seen.delete(name);
      seen.set(name, type);
    }
  }
  for (const name of [...seen.keys()].slice(0, Math.max(0, seen.size - labelsMax))) {
    seen.delete(name);
  }
}

/** The heading Grafana groups a label under in the details of a line. */
export function labelGroup(label: string, frame: DataFrame | undefined, row: number | null): string | null {
  const type = labelTypeOf(label, frame, row);
  return type ? headings[type]() : null;
}
