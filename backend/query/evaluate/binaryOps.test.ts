import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLabels } from '../../model/labels';
import { binaryTables } from './binaryOps';
import { emptyRow, type Row, type Table } from './table';

const steps = 200;
const span = { start: 0, end: 0 };

/** A series that is there at the steps that `at` names. */
function row(name: string, value: string, at: (step: number) => boolean): Row {
  const made = emptyRow(makeLabels([['app', 'a'], [name, value]]), steps);
  made.present.forEach((_, step) => at(step) && (made.present[step] = 1) && (made.values[step] = step));
  return made;
}

const table = (rows: Row[]): Table => ({ steps, rows });
/** Series of which never two are there at the same step, as counts by id are. */
const byId = table(Array.from({ length: steps }, (_, i) => row('id', String(i), (step) => step === i)));
const whole = (count: number): Table => table(Array.from({ length: count }, (_, i) => row('path', String(i), () => true)));

test('many to one: a series meets its partners one after the other, in one row', () => {
  const { rows } = binaryTables('+', whole(3), byId, false, { on: true, labels: ['app'], group: { side: 'left', include: [] }, span });
  assert.deepEqual(rows.map(({ labels }) => labels.get('path')), ['0', '1', '2']);
  assert.ok(rows.every(({ present, values }) => present.every((here, step) => here === 1 && values[step] === 2 * step)));
});

test('pairs that are never there together cost nothing', () => {
  const later = table(byId.rows.map(({ present, values, labels }, i) => ({ labels, values, present: present.map((_, step) => Number(step === (i + 1) % steps)) })));
  const { rows } = binaryTables('+', byId, later, false, { on: true, labels: ['app'], group: { side: 'left', include: [] }, span });
  assert.equal(rows.length, steps);
});

test('a label of the other side tells rows apart; what would be too many is refused', () => {
  const asked = { on: true, labels: ['app'], group: { side: 'left' as const, include: ['id'] }, span };
  assert.equal(binaryTables('*', whole(2), byId, false, asked).rows.length, 2 * steps);
  assert.throws(() => binaryTables('*', whole(200), byId, false, asked), { status: 400, message: /would make more than/ });
});

test('one to one: a match may be used once at each step', () => {
  const matching = { on: true, labels: ['app'], span };
  const { rows } = binaryTables('-', byId, byId, false, matching);
  assert.deepEqual(rows.map(({ labels, present }) => [[...labels], present.every((here) => here === 1)]), [[[['app', 'a']], true]]);
  assert.throws(() => binaryTables('-', whole(2), byId, false, matching), { status: 400, message: /many-to-one matching must be explicit/ });
});
