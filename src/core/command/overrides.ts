import { err, ok, type Result } from '../model/result.ts';
import { durationMs, formatDuration, formatInstant, instant } from '../model/time.ts';
import type { PlannedPhase } from '../plan/plan.ts';
import { isPhaseOver, PHASE_AHEAD } from '../reconcile/state.ts';
import { isLifted } from '../stop/stop.ts';
import { type Applied, type Handler, NOTHING_APPLIED, type RolloutCommand, type RolloutInput, whyOf } from './command.ts';
import { releaseStop } from './release-stop.ts';
import { phaseOf } from './targets.ts';
import { withOverride } from './with-override.ts';

const HOUR_MS = 3_600_000;
/** How long an expedite lasts that says nothing of it. */
export const EXPEDITE_MS = durationMs(4 * HOUR_MS);
/** An end that is further away than this is none. */
export const EXPEDITE_MAX_MS = durationMs(7 * 24 * HOUR_MS);

/** Shortens bakes, and ignores windows that allow it, for a while. */
export const expedite: Handler = ({ rollout, now }, command) => {
  const { planned, state } = rollout;
  const found = command.phase === undefined ? undefined : phaseOf(planned, command.phase);
  if (found?.ok === false) return found;
  const until = command.until ?? instant(now + EXPEDITE_MS);
  if (until <= now)
    return err(`${formatInstant(until)} has passed: say an instant to come, or leave it out for ${formatDuration(EXPEDITE_MS)}`);
  if (until - now > EXPEDITE_MAX_MS)
    return err(`say an end within ${formatDuration(EXPEDITE_MAX_MS)}; expedite again when it is not enough`);
  const phase = found?.value.name;
  const before = state.overrides.find(
    (one) => one.kind === 'expedite' && one.phase === phase && one.until !== undefined && one.until >= until,
  );
  if (before?.until !== undefined) return err(`expedited already, by ${before.by} until ${formatInstant(before.until)}: ${before.reason}`);
  const { by, reason } = command;
  const next = withOverride(state, { kind: 'expedite', phase, by, reason, at: now, until });
  return ok({
    ...NOTHING_APPLIED,
    rollouts: [{ before: state, next }],
    changes: [
      {
        subject: phase === undefined ? 'rollout' : 'phase',
        name: phase ?? state.id,
        from: 'at its own pace',
        to: `expedited until ${formatInstant(until)}`,
        why: whyOf(command),
      },
    ],
  });
};

/** Lets a canary phase pass that has proven nothing; or the rollout start before a product that it requires. */
export const waive: Handler = (input, command) =>
  command.product === undefined ? waiveCanary(input, command) : waiveRequirement(input, command, command.product);

const waiveCanary: Handler = (input, command) => {
  const { rollout, stops, now } = input;
  const { state } = rollout;
  const found = canaryToWaive(rollout, command.phase);
  if (!found.ok) return found;
  const { name } = found.value;
  const phase = state.phases.get(name) ?? PHASE_AHEAD;
  if (isPhaseOver(phase)) return err(`phase ${name} is ${phase.status}; there is nothing to waive`);
  const before = state.overrides.find((one) => one.kind === 'waiver' && (one.phase === undefined || one.phase === name));
  if (before !== undefined) return err(`${before.by} has waived phase ${name} already: ${before.reason}`);
  const change = { subject: 'phase', name, from: 'must prove the version', to: 'waived', why: whyOf(command) } as const;
  // Where it has stopped the rollout already, lifting that stop waives it.
  const stop = stops.find(
    (one) => one.cause === 'unproven-canary' && one.rollout === state.id && one.phase === name && !isLifted(one, now),
  );
  if (stop !== undefined) {
    const lifted = releaseStop({ ...input, rollouts: [rollout] }, stop, command);
    return ok({ ...lifted, changes: [change, ...lifted.changes] });
  }
  const next = withOverride(state, { kind: 'waiver', phase: name, by: command.by, reason: command.reason, at: now });
  return ok({ ...NOTHING_APPLIED, rollouts: [{ before: state, next }], changes: [change] });
};

function waiveRequirement({ rollout, now }: RolloutInput, command: RolloutCommand, product: string): Result<Applied, string> {
  const { planned, state } = rollout;
  const { release, requires, kind } = planned;
  if (kind === 'rollback') return err('a rollback waits for no product');
  if (!requires.includes(product))
    return err(`release ${release} does not require ${product}; it requires ${requires.length === 0 ? 'no product' : requires.join(', ')}`);
  const before = state.overrides.find((one) => one.kind === 'requirement' && one.product === product);
  if (before !== undefined) return err(`${before.by} lets it start before ${product} is done already: ${before.reason}`);
  const { by, reason } = command;
  const next = withOverride(state, { kind: 'requirement', product, by, reason, at: now });
  const change = {
    subject: 'rollout',
    name: state.id,
    from: `waits for ${product}`,
    to: `does not wait for ${product}`,
    why: whyOf(command),
  } as const;
  return ok({ ...NOTHING_APPLIED, rollouts: [{ before: state, next }], changes: [change] });
}

function canaryToWaive({ planned, state }: RolloutInput['rollout'], wanted: string | undefined): Result<PlannedPhase, string> {
  const canaries = planned.phases.filter(({ canary }) => canary);
  if (wanted !== undefined) {
    const found = phaseOf(planned, wanted);
    if (!found.ok || found.value.canary) return found;
    return err(
      `phase ${wanted} is no canary: it has nothing to prove${canaries.length === 0 ? '' : `; the canaries are ${namesOf(canaries)}`}`,
    );
  }
  const open = canaries.filter(({ name }) => !isPhaseOver(state.phases.get(name) ?? PHASE_AHEAD));
  const [only] = open;
  if (only === undefined) return err(`no canary phase is left to be waived${otherWaiver(planned)}`);
  return open.length === 1 ? ok(only) : err(`say which canary phase to waive: ${namesOf(open)}`);
}

const otherWaiver = ({ requires, kind }: RolloutInput['rollout']['planned']): string =>
  requires.length === 0 || kind === 'rollback'
    ? ''
    : `; to start before a product that it requires, name that: product ${requires.join(', ')}`;

const namesOf = (phases: readonly PlannedPhase[]): string => phases.map(({ name }) => name).join(', ');
