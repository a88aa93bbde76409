import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Prometheus metrics of the bot process. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const one = { registers: [registry] };
  return {
    registry,
    requests: new Counter({
      ...one,
      name: 'flotilla_code_host_requests_total',
      help: 'Requests to the code host.',
      labelNames: ['method', 'route', 'status'],
    }),
    deliveries: new Counter({
      ...one,
      name: 'flotilla_webhook_deliveries_total',
      help: 'Webhook deliveries by event and outcome.',
      labelNames: ['event', 'outcome'],
    }),
    jobs: new Counter({
      ...one,
      name: 'flotilla_jobs_total',
      help: 'Jobs worked off, by task and outcome.',
      labelNames: ['task', 'outcome'],
    }),
    jobSeconds: new Histogram({
      ...one,
      name: 'flotilla_job_seconds',
      help: 'Duration of jobs.',
      labelNames: ['task'],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    }),
    fleets: new Gauge({ ...one, name: 'flotilla_fleets', help: 'Watched repositories.' }),
    databaseClockAhead: new Gauge({
      ...one,
      name: 'flotilla_database_clock_ahead_seconds',
      help: 'How far the clock of the database is ahead of the one of the bot; negative when it is behind.',
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
