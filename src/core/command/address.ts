import type { PlanDigest, RolloutId } from '../model/ids.ts';
import { err, ok, type Result } from '../model/result.ts';
import type { RolloutStatus } from '../reconcile/state.ts';
import type { FleetCommand } from './command.ts';
import { isRolloutVerb, type WrittenCommand } from './parse-words.ts';
import { quoted } from './split-words.ts';

/** A rollout that a command may be about. */
export interface Candidate {
  readonly id: RolloutId;
  readonly release: string;
  readonly status: RolloutStatus;
}

/** Where a command was written. */
export interface Place {
  /** In words: `#12`, `the command line`. */
  readonly name: string;
  /** Rollouts that it may be about, newest first. */
  readonly rollouts: readonly Candidate[];
  /** The open pull request in whose conversation it was written: what is approved there is its change of rules. */
  readonly proposal?: { readonly pull: number; readonly asked: { readonly digest: PlanDigest } | undefined } | undefined;
}

type Given = Exclude<WrittenCommand, { readonly verb: 'help' }>;

/** Finds what a written command is about: what is not named must be the only one that it can be. */
export function addressed(written: Given, by: string, place: Place): Result<FleetCommand, string> {
  const asked = { by, reason: written.reason ?? `asked in ${place.name}` };
  if (written.verb === 'approve-rules') return ofPull(written, asked, place);
  if (!isRolloutCommand(written)) return ok({ ...written, ...asked });
  if (isBeforeMerge(written, place)) return ofProposal(written, asked, place);
  const { release, rollout: named, ...rest } = written;
  if (named !== undefined) return ok({ ...rest, ...asked, rollout: named });
  const rollout = theOnly(written, place, release);
  return rollout.ok ? ok({ ...rest, ...asked, rollout: rollout.value }) : rollout;
}

type Asked = Pick<FleetCommand, 'by' | 'reason'>;

function ofPull(
  { pull: named, digest, verb }: Extract<Given, { readonly verb: 'approve-rules' }>,
  asked: Asked,
  { name, proposal }: Place,
): Result<FleetCommand, string> {
  const pull = named ?? proposal?.pull;
  if (pull === undefined) return err(`${name} is no open pull request: say which, as in \`pull:12\``);
  return ok({ verb, pull, digest, ...asked });
}

/** Before the merge there are no phases to approve: only what it takes away. */
const isBeforeMerge = (written: OfRollout, { rollouts, proposal }: Place): boolean =>
  written.verb === 'approve' &&
  written.rollout === undefined &&
  written.release === undefined &&
  proposal !== undefined &&
  rollouts.length === 0;

function ofProposal({ digest }: OfRollout, asked: Asked, { name, proposal }: Place): Result<FleetCommand, string> {
  const needed = proposal?.asked;
  if (proposal === undefined || needed === undefined)
    return err(`${name} takes no protection away, so nobody has to agree before its merge; phases are approved after it`);
  if (digest === undefined) return err(`say which change of rules you agree to: its digest is ${needed.digest}`);
  return ok({ verb: 'approve-rules', pull: proposal.pull, digest, ...asked });
}

type OfRollout = Extract<Given, { readonly rollout: RolloutId | undefined }>;

const isRolloutCommand = (written: Given): written is OfRollout => isRolloutVerb(written.verb);

function theOnly({ verb }: OfRollout, { name, rollouts }: Place, release: string | undefined): Result<RolloutId, string> {
  const newest = new Map<string, Candidate>();
  for (const one of rollouts) if (!newest.has(one.release)) newest.set(one.release, one);
  if (release !== undefined) {
    const found = rollouts.find((one) => one.release === release && !isOver(one)) ?? newest.get(release);
    return found === undefined ? err(`${name} has no rollout of release ${release}: ${choices(verb, [...newest.values()])}`) : ok(found.id);
  }
  const going = rollouts.filter((one) => !isOver(one));
  const fits = going.length > 0 ? going : [...newest.values()];
  const [only, ...others] = fits;
  if (only === undefined)
    return err(
      `${name} has brought no rollout yet: a merge starts one. To stop what is not merged yet, write \`/fleet stop release:NAME\``,
    );
  return others.length === 0 ? ok(only.id) : err(`${name} has ${fits.length} rollouts; say which: ${choices(verb, fits)}`);
}

const OVER: ReadonlySet<RolloutStatus> = new Set(['aborted', 'superseded', 'completed', 'completed-with-deferrals']);
const isOver = ({ status }: Candidate): boolean => OVER.has(status);

const CHOICES_MAX = 5;

function choices(verb: string, rollouts: readonly Candidate[]): string {
  if (rollouts.length === 0) return 'it has brought none yet';
  const releases = new Set(rollouts.map(({ release }) => release));
  const lines = rollouts
    .slice(0, CHOICES_MAX)
    .map(({ id, release }) => `\`/fleet ${verb} ${releases.size === rollouts.length ? `release:${quoted(release)}` : `rollout:${id}`}\``);
  const more = rollouts.length - lines.length;
  return `${lines.join(' or ')}${more > 0 ? `, or one of ${more} others` : ''}`;
}
