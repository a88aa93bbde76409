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
    lastDone: new Gauge({
      ...one,
      name: 'flotilla_task_last_success_timestamp_seconds',
      help: 'When a job of this task was last done for this fleet.',
      labelNames: ['task', 'fleet'],
    }),
    rollouts: new Gauge({
      ...one,
      name: 'flotilla_rollouts',
      help: 'Rollouts that are not finished, by status.',
      labelNames: ['fleet', 'status'],
    }),
    rolloutStoppedSince: new Gauge({
      ...one,
      name: 'flotilla_rollout_paused_since_timestamp_seconds',
      help: 'Since when the rollout of this release has been paused; absent while it is not.',
      labelNames: ['fleet', 'release'],
    }),
    clusters: new Gauge({
      ...one,
      name: 'flotilla_clusters',
      help: 'Clusters by where they stand: opted-out, moving, at-desired, behind.',
      labelNames: ['fleet', 'standing'],
    }),
    stops: new Gauge({ ...one, name: 'flotilla_stops', help: 'Stops that are not lifted, by cause.', labelNames: ['fleet', 'cause'] }),
    drifts: new Gauge({
      ...one,
      name: 'flotilla_drifts',
      help: 'Clusters and data planes that are not as they should be, by kind.',
      labelNames: ['fleet', 'kind'],
    }),
    evidenceAt: new Gauge({
      ...one,
      name: 'flotilla_data_plane_evidence_timestamp_seconds',
      help: 'When evidence of a cluster of this data plane last came in; absent while none is asked for.',
      labelNames: ['fleet', 'data_plane'],
    }),
    jobsDue: new Gauge({ ...one, name: 'flotilla_jobs_due', help: 'Jobs that are due and not done.' }),
    jobsParked: new Gauge({ ...one, name: 'flotilla_jobs_parked', help: 'Jobs that wait for a person.' }),
    oldestDueJob: new Gauge({
      ...one,
      name: 'flotilla_job_oldest_due_seconds',
      help: 'How long the oldest job has been due that is not done.',
    }),
    heldUpJob: new Gauge({
      ...one,
      name: 'flotilla_job_held_up_seconds',
      help: 'For how long a job could have run, and does not: due, with nothing before it and a free slot.',
    }),
    databaseUp: new Gauge({ ...one, name: 'flotilla_database_up', help: '1 while the database answers.' }),
    rateLimitLeft: new Gauge({
      ...one,
      name: 'flotilla_code_host_rate_limit_remaining',
      help: 'Requests that the code host still allows, by the newest answer of each resource.',
      labelNames: ['resource'],
    }),
    buildInfo: new Gauge({
      ...one,
      name: 'flotilla_build_info',
      help: 'Always 1; the labels say what runs.',
      labelNames: ['version', 'node'],
    }),
    databaseClockAhead: new Gauge({
      ...one,
      name: 'flotilla_database_clock_ahead_seconds',
      help: 'How far the clock of the database is ahead of the one of the bot; negative when it is behind.',
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
