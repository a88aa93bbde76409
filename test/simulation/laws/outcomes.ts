import type { SentObserved } from '../../../src/core/evidence/parse.ts';
import type { ClusterId } from '../../../src/core/model/ids.ts';
import type { PlannedTarget } from '../../../src/core/plan/plan.ts';
import type { TargetState } from '../../../src/core/reconcile/state.ts';
import type { StateChange } from '../../../src/ports/state-store.ts';
import type { Mirror, MirroredRollout } from '../mirror.ts';
import { OUT } from './starts.ts';
import { runs, type Witness } from './witness.ts';

/** A target whose status is about to be another. */
export interface Turn {
  readonly cluster: ClusterId;
  readonly rollout: MirroredRollout;
  readonly planned: PlannedTarget;
  readonly before: TargetState;
  readonly after: TargetState;
}

export function turnsOf(mirror: Mirror, change: StateChange): readonly Turn[] {
  return (change.rollouts ?? []).flatMap((delta) => {
    const rollout = mirror.rollouts.get(delta.id);
    if (rollout === undefined) return [];
    return [...delta.targets].flatMap(([cluster, after]) => {
      const before = rollout.state.targets.get(cluster);
      const planned = rollout.planned.targets.get(cluster);
      return before === undefined || planned === undefined ? [] : [{ cluster, rollout, planned, before, after }];
    });
  });
}

interface Context {
  readonly mirror: Mirror;
  readonly change: StateChange;
  readonly witness: Witness;
  truth(cluster: ClusterId): SentObserved | undefined;
}

type Law = (turn: Turn, context: Context) => string | undefined;

export const OUTCOME_LAWS: Readonly<Record<string, Law>> = {
  /** Success is healthy evidence at that revision for the whole soak, as the world knows it. */
  'soaks-truly'({ cluster, rollout, planned, before, after }, { witness }) {
    if (after.status !== 'succeeded' || before.status === 'succeeded') return undefined;
    const soakMs = rollout.planned.phases.find(({ name }) => name === planned.phase)?.soakMs ?? 0;
    const soaked = witness.soakedMs(cluster, planned.revision, planned.spec);
    return soaked >= soakMs ? undefined : `${cluster} counts as succeeded after ${soaked} of ${soakMs} ms of its soak`;
  },

  /** Only time in which it was healthy counts: whatever shows it unhealthy ends its soak. */
  'soaks-anew'({ cluster, after }, { witness }) {
    if (!OUT.has(after.status) || after.healthySince === undefined || after.sampledAt === undefined) return undefined;
    return witness.isShownUnhealthy(cluster, after.sampledAt) ? `${cluster} is seen unhealthy, and its soak goes on` : undefined;
  },

  'writes-the-ledger'({ cluster, rollout, planned, before, after }, { change }) {
    if (after.status !== 'succeeded' || before.status === 'succeeded') return undefined;
    const top = change.ledger?.find((entry) => entry.cluster === cluster)?.proven[0];
    const isWritten = top?.revision === planned.revision && top.proof === 'soaked' && top.rollout === rollout.state.id;
    return isWritten ? undefined : `${cluster} has soaked, and the ledger does not say so`;
  },

  /** Left out as there already: it was proven there and not ordered away since, or never ordered and runs just that. */
  'skips-what-is-there'({ cluster, planned, before, after }, { mirror, change, truth }) {
    if (after.status !== 'skipped' || before.status === 'skipped' || after.detail !== 'already there') return undefined;
    const order = mirror.orders.get(cluster);
    const top = (change.ledger?.find((entry) => entry.cluster === cluster) ?? mirror.ledger.get(cluster))?.proven[0];
    if (top?.revision === planned.revision && (order === undefined || order.revision === planned.revision)) return undefined;
    const really = truth(cluster);
    if (order === undefined && really !== undefined && runs({ ...really, rolled: true }, planned.spec)) return undefined;
    return `${cluster} is left out as there already; it was last ordered ${order?.revision}, proven ${top?.revision}, wanted ${planned.revision}`;
  },

  /** An attempt is told from another by its number: it never goes back. */
  'counts-attempts'({ cluster, before, after }) {
    return after.attempt < before.attempt || after.epoch < before.epoch ? `${cluster}: attempt or epoch goes back` : undefined;
  },
};
