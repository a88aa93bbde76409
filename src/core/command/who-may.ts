/** Who may give a command: read from the rules of the default branch, and from the plan for whoever approves a phase of it. */
import { compileSelector, describeSelector, type LabelValues } from '../manifest/selector.ts';
import { assertNever } from '../model/assert.ts';
import type { ClusterId } from '../model/ids.ts';
import { type CommandRule, type Policy, ROLES, type Role } from '../reconcile/policy.ts';
import type { AskedConsent, Proposal } from '../rules/consent.ts';
import { covers } from '../stop/scope.ts';
import type { StopScope } from '../stop/stop.ts';
import type { BroughtChange, ChangeRef } from './brought-change.ts';
import type { CommandInput, FleetCommand } from './command.ts';

/** Whoever is one of these may; but nobody approves their own change where the phase forbids it. */
export interface Allowed {
  /** The change in which whoever approves must have no part. */
  readonly notBehind?: BroughtChange | undefined;
  readonly teams: readonly string[];
  readonly users: readonly string[];
  readonly role: Role | undefined;
}

/** What is known of a person; what is left out was not asked for yet. */
export interface KnownPerson {
  readonly role?: Role | undefined;
  /** By team, in lower case. */
  readonly teams: ReadonlyMap<string, boolean>;
  /** Who has a part in the change. */
  readonly behind?: PeopleBehind | undefined;
}

/** Logins in lower case. `whyNotAll`: others may have a part too, and then nobody is proven to have none. */
export interface PeopleBehind {
  readonly logins: ReadonlySet<string>;
  readonly whyNotAll: string | undefined;
}

export type Verdict =
  /** `because`: for the audit. */
  | { readonly kind: 'may'; readonly because: string }
  /** `why`: for the person, with who could. */
  | { readonly kind: 'may-not'; readonly why: string }
  /** The code host has to be asked first. */
  | { readonly kind: 'unknown'; readonly teams: readonly string[]; readonly role: boolean; readonly change?: ChangeRef };

type Concern = Pick<CommandInput, 'rollout' | 'stops' | 'desired' | 'change' | 'proposal'>;

export function whoMay({ commands }: Pick<Policy, 'commands'>, input: Concern, command: FleetCommand): Allowed {
  if (command.verb === 'approve-rules')
    return input.proposal?.asked === undefined ? READERS : mayAgree(input.proposal, input.proposal.asked);
  const approvers = approversOf(input, command);
  if (approvers !== undefined) return { ...approvers, role: undefined };
  const rules = (commands ?? []).filter((rule) => rule.verbs.includes(command.verb) && isAbout(rule, input, command));
  return {
    teams: distinct(rules.flatMap(({ teams }) => teams)),
    users: distinct(rules.flatMap(({ users }) => users)),
    role: ROLES.find((role) => rules.some((rule) => rule.role === role)),
  };
}

/** Nothing is given by that: it is refused with why there is nothing to agree to. */
const READERS: Allowed = { teams: [], users: [], role: 'read' };

/** Who may agree that a pull request takes protection away: by the rules in force, in which the pull request has no say. */
export const mayAgree = ({ author, pull }: Pick<Proposal, 'author' | 'pull'>, { approvers }: AskedConsent): Allowed => ({
  teams: approvers.teams,
  users: approvers.users,
  role: approvers.maintainers ? 'maintain' : undefined,
  notBehind: approvers.notAuthor ? { ref: { kind: 'pull', number: pull }, author } : undefined,
});

const distinct = (names: readonly string[]): readonly string[] => [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];

/** A phase names its own approvers, in the plan that was reviewed. */
function approversOf({ rollout, change }: Concern, command: FleetCommand): Omit<Allowed, 'role'> | undefined {
  if (command.verb !== 'approve' || rollout === undefined) return undefined;
  const asking = rollout.planned.phases.filter(({ name, approval }) =>
    approval === undefined
      ? false
      : command.phase === undefined
        ? rollout.state.phases.get(name)?.status === 'awaiting-approval'
        : name === command.phase,
  );
  const [only, ...more] = asking;
  // Which of several is meant is asked first; nobody is let in by the rules of another one.
  if (only?.approval === undefined || more.length > 0) return undefined;
  const { teams, users, notAuthor } = only.approval;
  return teams.length + users.length === 0 ? undefined : { teams, users, notBehind: notAuthor ? change : undefined };
}

/** A rule for some phases or clusters is about commands that touch nothing else. */
function isAbout({ phases, select }: CommandRule, input: Concern, command: FleetCommand): boolean {
  if (phases !== undefined && !('phase' in command && command.phase !== undefined && phases.includes(command.phase))) return false;
  if (select === undefined) return true;
  const concerned = clustersOf(input, command);
  const matches = compileSelector(select);
  return concerned.length > 0 && concerned.every((labels) => labels !== undefined && matches(labels));
}

/** Labels of all clusters that a command is about; `undefined` for one that is in no manifest. */
function clustersOf({ rollout, stops, desired }: Concern, command: FleetCommand): readonly (LabelValues | undefined)[] {
  const labelsOf = (ids: Iterable<ClusterId>) => [...ids].map((id) => desired.get(id)?.labels);
  switch (command.verb) {
    case 'stop':
      return inScope(command.scope, desired);
    case 'lift': {
      const stop = stops.find(({ id }) => id === command.stop);
      return stop === undefined ? [] : inScope(stop.scope, desired);
    }
    case 'approve-rules':
      return [];
    case 'reconcile':
      return [...desired.values()].filter(({ release }) => release === command.release).map(({ labels }) => labels);
    default: {
      // A pause holds the whole release, whatever of it this rollout moves; and so does what ends one.
      if (rollout === undefined) return [];
      if (WHOLE_RELEASE.has(command.verb))
        return [...desired.values()].filter(({ release }) => release === rollout.planned.release).map(({ labels }) => labels);
      if (command.cluster !== undefined) return labelsOf([command.cluster]);
      const phase = command.phase;
      if (phase === undefined) return labelsOf(rollout.planned.targets.keys());
      return labelsOf(rollout.planned.phases.find(({ name }) => name === phase)?.members ?? []);
    }
  }
}

const WHOLE_RELEASE: ReadonlySet<FleetCommand['verb']> = new Set(['pause', 'resume', 'abort', 'take-over']);

/** Every cluster that the stop may be over now, or after the next merge: what is about a version is about its whole product. */
function inScope(scope: StopScope, desired: Concern['desired']): readonly LabelValues[] {
  const clusters = [...desired.values()].filter(({ cluster, spec, release, dataPlane }) => {
    switch (scope.kind) {
      case 'version':
        return scope.product === spec.product;
      // Which clusters these are, only the rollout knows; nobody is let in by a guess.
      case 'rollout':
      case 'phase':
        return true;
      case 'fleet':
      case 'product':
      case 'release':
      case 'data-plane':
      case 'cluster':
        return covers(scope, { cluster, product: spec.product, release, dataPlane, spec, proven: undefined, under: undefined });
      default:
        return assertNever(scope, 'inScope');
    }
  });
  return clusters.map(({ labels }) => labels);
}

/** Judges a person by what is known; what is not known never lets anybody in. */
export function judge(allowed: Allowed, login: string, known: KnownPerson): Verdict {
  const verdict = judgeByRules(allowed, login, known);
  const { notBehind } = allowed;
  if (verdict.kind !== 'may' || notBehind === undefined) return verdict;
  const { author, ref } = notBehind;
  const { behind } = known;
  const isBehind = author?.toLowerCase() === login.toLowerCase() || behind?.logins.has(login.toLowerCase()) === true;
  if (isBehind) return { kind: 'may-not', why: `${whoCould(allowed)}, but nobody who took part in the change` };
  if (behind === undefined) return { kind: 'unknown', teams: [], role: false, change: ref };
  if (behind.whyNotAll !== undefined) {
    const why = `${whoCould(allowed)}, but nobody who took part in the change; and who did cannot be told: ${behind.whyNotAll}`;
    return { kind: 'may-not', why };
  }
  return { ...verdict, because: `${verdict.because}, no part in the change` };
}

function judgeByRules(allowed: Allowed, login: string, known: KnownPerson): Verdict {
  const { teams, users, role } = allowed;
  const name = login.toLowerCase();
  if (users.some((user) => user.toLowerCase() === name)) return { kind: 'may', because: 'named in the manifests' };
  const team = teams.find((one) => known.teams.get(one.toLowerCase()) === true);
  if (team !== undefined) return { kind: 'may', because: `member of team ${team}` };
  if (role !== undefined && known.role !== undefined && ROLES.indexOf(known.role) >= ROLES.indexOf(role))
    return { kind: 'may', because: `has the role ${known.role}` };
  const unknown = teams.filter((one) => !known.teams.has(one.toLowerCase()));
  const lacksRole = role !== undefined && known.role === undefined;
  if (unknown.length > 0 || lacksRole) return { kind: 'unknown', teams: unknown, role: lacksRole };
  return { kind: 'may-not', why: whoCould(allowed) };
}

/** `members of team streaming, or alice`. */
export function whoCould({ teams, users, role }: Allowed): string {
  const who = [
    ...(teams.length === 0 ? [] : [`members of team ${teams.join(' or ')}`]),
    ...users,
    ...(role === undefined ? [] : [`people with the role ${role}${role === 'admin' ? '' : ' or more'}`]),
  ];
  return who.length === 0 ? 'nobody, by the rules on the default branch' : who.join(', or ');
}

/** For whoever may not, with who could. */
export const refusalOf = (command: FleetCommand, why: string): string =>
  `${command.by} may not ${command.verb === 'approve-rules' ? 'approve' : command.verb} this. Who may: ${why}`;

/** Who may give this command somewhere, for a list of commands: what a rule is limited to is said with it. */
export function rulesInWords({ commands }: Pick<Policy, 'commands'>, verb: FleetCommand['verb']): readonly string[] {
  if (verb === 'approve-rules') return ['whoever the comment on the pull request names'];
  const rules = (commands ?? []).filter((rule) => rule.verbs.includes(verb));
  const words = rules.map((rule) => {
    const limits = [
      ...(rule.phases === undefined ? [] : [`phase ${rule.phases.join(', ')}`]),
      ...(rule.select === undefined ? [] : [`clusters with ${describeSelector(rule.select)}`]),
    ];
    return `${whoCould(rule)}${limits.length === 0 ? '' : ` (${limits.join('; ')})`}`;
  });
  return verb === 'approve' ? ['whoever the phase names', ...words] : words;
}
