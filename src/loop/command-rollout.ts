import { applyCommand, type RolloutCommand } from '../core/command/apply-command.ts';
import type { FleetId, RolloutId } from '../core/model/ids.ts';
import { err, ok, type Result } from '../core/model/result.ts';
import type { RolloutState } from '../core/reconcile/state.ts';
import { conflict, rolloutChange } from './commit-decisions.ts';
import { publishRolloutJob, tickJob } from './jobs.ts';
import type { Loop } from './loop.ts';

/** A tick may write between our read and our write; more often than this in a row means something is wrong. */
const TRIES = 10;

/**
 * Carries out a person's command on a rollout, or says why not. Durable when this returns.
 *
 * @throws PortError
 */
export async function commandRollout(
  loop: Loop,
  id: FleetId,
  rollout: RolloutId,
  command: RolloutCommand,
): Promise<Result<RolloutState, string>> {
  const { store, clock } = loop.ports;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const fleet = await store.fleet(id);
    const active = fleet === undefined ? undefined : await store.rollout(id, rollout);
    if (fleet === undefined || active === undefined) return err(`no rollout ${rollout} in ${id}`);
    const now = clock.now();
    const applied = applyCommand(active, command, now);
    if (!applied.ok) return err(applied.error);
    const outcome = await store.commit({
      fleet: id,
      expectedVersion: fleet.version,
      at: now,
      rollouts: [rolloutChange(active.state, applied.value.next)],
      audit: applied.value.changes.map(({ subject, name, from, to, why }) => ({
        at: now,
        actor: command.by,
        kind: subject,
        subject: name,
        rollout,
        from,
        to,
        why,
      })),
      jobs: [tickJob(id, now), publishRolloutJob(id, rollout, undefined)],
    });
    if (outcome === 'committed') return ok(applied.value.next);
  }
  throw conflict();
}
