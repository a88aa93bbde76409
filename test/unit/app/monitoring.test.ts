import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../src/app/metrics.ts';

const read = (name: string): string => readFileSync(new URL(`../../../docs/monitoring/${name}`, import.meta.url), 'utf8');
const ours = new Set(
  createMetrics()
    .registry.getMetricsAsArray()
    .map(({ name }) => name),
);
const named = (text: string): readonly string[] => [...new Set(text.match(/\b(?:flotilla|process|nodejs)_[a-z0-9_]+/g))];
/** A histogram is named with what is asked of it. */
const metricOf = (name: string): string => name.replace(/_(?:bucket|sum|count)$/, '');

describe.each(['alerts.yml', 'dashboard.json'])('%s', (file) => {
  it('names only metrics that there are', () => {
    expect(named(read(file)).length).toBeGreaterThan(5);
    expect(named(read(file)).filter((name) => !ours.has(metricOf(name)))).toEqual([]);
  });
});

it('every metric of ours has a place on the dashboard', () => {
  const shown = new Set(named(read('dashboard.json')).map(metricOf));
  const missing = [...ours].filter((name) => name.startsWith('flotilla_') && !shown.has(name));
  // Whether they are there is what alerts ask; there is nothing to look at.
  expect(missing).toEqual(['flotilla_fleets', 'flotilla_database_up']);
});

it('every alert has a test', () => {
  const alerts = [...read('alerts.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  expect(alerts.length).toBeGreaterThan(0);
  expect(alerts.filter((name) => !read('alerts.test.yml').includes(`alertname: ${name}`))).toEqual([]);
});
