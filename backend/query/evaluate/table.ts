import type { Labels } from '../../model/labels';
import type { FragmentBudget } from '../budget';
import { labelsKey } from '../grouping';

/**
 * What a metric expression is worth at some steps: rows of values, one for each series. A value counts where `present` is 1.
 * Tables are never changed once made; operators share the columns they leave as they are.
 */
export interface Table {
  steps: number;
  rows: Row[];
}

export interface Row {
  labels: Labels;
  values: Float64Array;
  present: Uint8Array;
}

export function emptyRow(labels: Labels, steps: number): Row {
  return { labels, values: new Float64Array(steps), present: new Uint8Array(steps) };
}

/** The row with a new presence, or undefined when nothing is left of it. */
export function narrowed(row: Row, present: Uint8Array): Row | undefined {
  return present.includes(1) ? { ...row, present } : undefined;
}

/** Rows by the labels that `choose` leaves them; in order of first appearance. */
export function groupRows(rows: Row[], choose: (labels: Labels) => Labels): Array<{ labels: Labels; rows: Row[] }> {
  const groups = new Map<string, { labels: Labels; rows: Row[] }>();
  for (const row of rows) {
    const labels = choose(row.labels);
    const key = labelsKey(labels);
    const group = groups.get(key);
    if (group) {
      group.rows.push(row);
    } else {
      groups.set(key, { labels, rows: [row] });
    }
  }
  return [...groups.values()];
}

/** Tables of steps that follow each other, put together as one of `steps` steps. */
export class JoinedSteps {
  private readonly rows = new Map<string, Row>();

  constructor(
    private readonly steps: number,
    private readonly budget: FragmentBudget
  ) {}

  /** Throws RequestError when there are too many series. `from` is the first step of the table. */
  add(table: Table, from: number): void {
    for (const { labels, values, present } of table.rows) {
      const key = labelsKey(labels);
      let row = this.rows.get(key);
      if (!row) {
        this.budget.chargeSeries(this.steps, key.length);
        row = emptyRow(labels, this.steps);
        this.rows.set(key, row);
      }
      row.values.set(values, from);
      row.present.set(present, from);
    }
  }

  table(): Table {
    return { steps: this.steps, rows: [...this.rows.values()] };
  }
}
