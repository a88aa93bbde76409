import { computeDesired } from '../../src/core/desired/compute-desired.ts';
import type { Cluster } from '../../src/core/manifest/generated.ts';
import type { FleetModel } from '../../src/core/manifest/model.ts';
import { type ClusterId, trusted } from '../../src/core/model/ids.ts';
import type { Problem } from '../../src/core/model/problem.ts';
import { instant } from '../../src/core/model/time.ts';
import { startRollout } from '../../src/core/plan/initial-state.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { planChange } from '../../src/core/plan/plan-change.ts';
import type { PhaseState, RolloutState, TargetState } from '../../src/core/reconcile/state.ts';
import type { PlannedView, PlanView } from '../../src/core/report/plan-view.ts';
import type { RolloutView } from '../../src/core/report/rollout-status.ts';
import { cluster, type Documents, fleetModel, product, release, strategy } from './fleet-model.ts';

export const at = (time: string) => instant(Date.parse(`2026-11-21T${time}Z`));
export const HEAD = trusted.commit('a'.repeat(40));
export const BASE = trusted.commit('b'.repeat(40));

const COMMON = { head: HEAD, base: BASE, author: 'anna', fork: false, draft: false, now: at('09:00:00') };

/** A fleet of Kafka and Connect as a reader would know it. */
const STRATEGY = strategy(
  'standard',
  [
    { name: 'canary', canary: true, select: { matchLabels: { tier: 'canary' } }, maxConcurrent: 1, bake: '30m' },
    {
      name: 'internal',
      select: { matchLabels: { tier: 'internal' } },
      maxConcurrent: 2,
      bake: '15m',
      budgets: { failed: 0, unreachable: 1 },
    },
    { name: 'early', cohort: { size: '25%', stratifyBy: 'cloud' }, maxConcurrent: '50%', bake: '1h', budgets: { failed: '10%' } },
    {
      name: 'rest',
      rest: true,
      maxConcurrent: '25%',
      bake: '15m',
      budgets: { failed: '5%', unreachable: '10%' },
      approval: { when: 'before', count: 2, teams: ['kafka-leads'], users: ['otto'] },
    },
  ],
  { maxConcurrent: 5, budgets: { failed: 2 }, rollback: { maxConcurrent: '100%', bake: '2m' } },
);

const CLOUDS = ['aws', 'gcp', 'azure'] as const;
const kafka = (name: string, tier: string, n: number): Cluster =>
  cluster(name, { tier, cloud: CLOUDS[n % 3] ?? 'aws' }, { dataPlane: `${CLOUDS[n % 3]}-eu`, replicas: 3 + (n % 3) });

const KAFKAS: readonly Cluster[] = [
  kafka('kafka-canary', 'canary', 0),
  kafka('kafka-dev', 'internal', 1),
  kafka('kafka-staging', 'internal', 2),
  ...Array.from({ length: 9 }, (_, n) => kafka(`kafka-shop-${n + 1}`, 'customer', n)),
];
const CONNECTS: readonly Cluster[] = ['canary', 'internal', 'customer'].map((tier, n) =>
  cluster(`connect-${tier}`, { tier, cloud: 'aws' }, { product: 'connect', dataPlane: 'aws-eu', replicas: n + 1 }),
);

export const fleet = (kafkaVersion: string, documents: Documents = {}, connectVersion = '3.8.0'): FleetModel =>
  fleetModel({
    products: [
      product('kafka', {
        versions: ['3.7.0', '3.8.0', '3.8.1', '3.9.0', '4.0.0'].map((version) => ({ version, image: `registry/kafka:${version}` })),
      }),
      product('connect', { requires: ['kafka'] }),
    ],
    strategies: [STRATEGY],
    clusters: [...KAFKAS, ...CONNECTS],
    releases: [release('kafka-all', { version: kafkaVersion }), release('connect-all', { product: 'connect', version: connectVersion })],
    ...documents,
  });

export const without = (...names: readonly string[]): readonly Cluster[] =>
  [...KAFKAS, ...CONNECTS].filter(({ metadata }) => !names.includes(metadata.name));

export function planBetween(before: FleetModel, after: FleetModel): Plan {
  const { plan, problems } = planChange({ before: computeDesired(before), model: after, earlier: new Map() });
  if (plan === undefined || problems.length > 0) throw new Error(`no plan: ${JSON.stringify(problems)}`);
  return plan;
}

export function plannedView(plan: Plan, fields: Partial<PlannedView> & Partial<typeof COMMON> = {}): PlannedView & PlanView {
  return {
    ...COMMON,
    kind: 'planned',
    plan,
    digest: plan.digest,
    problems: [],
    changedFrom: undefined,
    calendar: [],
    underWay: [],
    ...fields,
  };
}

type Special =
  | { readonly kind: 'untouched' }
  | { readonly kind: 'conflict'; readonly paths: readonly string[] }
  | { readonly kind: 'broken' | 'nothing-moves'; readonly problems: readonly Problem[] };
export const viewOf = (special: Special): PlanView => ({ ...COMMON, digest: undefined, ...special });

/** A rollout of this plan in which some phases and targets have moved on. */
export function rolloutView(
  plan: Plan,
  moved: {
    readonly phases?: Readonly<Record<string, PhaseState['status']>>;
    readonly targets?: Readonly<Record<string, Partial<TargetState>>>;
    readonly state?: Partial<RolloutState>;
    readonly view?: Partial<RolloutView & { readonly planChanged: boolean }>;
  },
): RolloutView & { readonly planChanged: boolean } {
  const state = startRollout(plan, HEAD, at('09:00:00'));
  const phases = new Map(state.phases);
  for (const [id, status] of Object.entries(moved.phases ?? {}))
    phases.set(id, { status, startedAt: at('09:00:00'), finishedAt: undefined, pausedMs: 0 });
  const targets = new Map<ClusterId, TargetState>(state.targets);
  for (const [name, fields] of Object.entries(moved.targets ?? {})) {
    const before = targets.get(trusted.cluster(name));
    if (before === undefined) throw new Error(`${name} is no target`);
    targets.set(trusted.cluster(name), { ...before, attempt: 1, startedAt: at('09:01:00'), ...fields });
  }
  return {
    plan,
    state: { ...state, phases, targets, ...moved.state },
    holds: [],
    supersededBy: undefined,
    rolloutUrl: 'http://127.0.0.1:3000/fleets/acme/fleet/rollouts/x',
    speed: 1,
    now: at('10:00:00'),
    planChanged: false,
    ...moved.view,
  };
}
