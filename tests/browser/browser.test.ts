import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, afterEach, before, describe } from 'node:test';
import { dashboardTests } from './dashboards';
import { editorTests } from './editor';
import { exploreTests } from './explore';
import { metricsTests } from './metrics';
import { pointingTests } from './pointing';
import { settingsTests } from './settings';
import { Visitor } from './visitor';
import { startWorld, type World } from './world';

const missing = ['/usr/bin/chromium', '/usr/bin/prometheus', '/usr/bin/prometheus-node-exporter'].filter((file) => !existsSync(file));

/** All topics share one browser and one set of servers: starting them costs more than most tests. */
describe('the page at /explore with a real Binocle and a real Prometheus', { skip: missing.length > 0 ? `not here: ${missing.join(', ')}` : false }, () => {
  let world: World;
  const visitor = new Visitor(() => world);

  before(async () => {
    world = await startWorld();
  });
  after(async () => {
    await visitor.close();
    await world?.close();
  });
  /** Whatever a test did, a visitor's console must have stayed clean. */
  afterEach(() => assert.deepEqual(visitor.errors, []));

  describe('editor', () => editorTests(visitor));
  describe('pointing', () => pointingTests(visitor));
  describe('explore', () => exploreTests(visitor));
  describe('metrics', () => metricsTests(visitor));
  describe('dashboards', () => dashboardTests(visitor));
  describe('settings', () => settingsTests(visitor));
});
