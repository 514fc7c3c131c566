import { FieldType, toCSV, type DataFrame } from '@grafana/data';

export type ExportFormat = 'txt' | 'json' | 'csv';

/** Saves the lines of a frame as a file, as Explore's Download does. */
export function exportLines(frame: DataFrame, format: ExportFormat): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([textOf(frame, format)], { type: 'text/plain' }));
  link.download = `logs-${new Date().toISOString().slice(0, 19).replace(/:/g, '-')}.${format}`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function textOf(frame: DataFrame, format: ExportFormat): string {
  if (format === 'csv') {
    const fields = frame.fields.map((field) => (field.type === FieldType.other ? { ...field, type: FieldType.string, values: field.values.map((value) => JSON.stringify(value)) } : field));
    return toCSV([{ ...frame, fields }]);
  }
  const values = (name: string) => frame.fields.find((field) => field.name === name)?.values ?? [];
  const [lines, labels, times, ids] = [values('body'), values('labels'), values('tsNs'), values('id')];
  const all = lines.map((line: string, row: number) => ({ timestamp: times[row], line, labels: labels[row], id: ids[row] }));
  return format === 'json' ? JSON.stringify(all, null, 2) : all.map(({ timestamp, line }) => `${timestamp}\t${line}`).join('\n');
}
