import type { Calendar } from '../calendar/rules.ts';
import type { Product, Selector } from '../manifest/generated.ts';
import type { DurationMs } from '../model/time.ts';
import type { WordOf } from '../model/vocabulary.ts';

/**
 * What holds for all rollouts of a fleet: plain data, read from the default branch, never from a pull request, and stored with
 * the desired state of the same commit, so that what is under way needs no git.
 */
export interface Policy {
  /** Most clusters unproven at once in the fleet. */
  readonly fleetMaxConcurrent: number;
  readonly dataPlanes: readonly DataPlanePolicy[];
  readonly calendar: Calendar;
  /** By name: known versions, legal jumps, required products. */
  readonly products: Readonly<Record<string, ProductPolicy>>;
  /** Evidence that we received longer ago than this counts as none. */
  readonly evidenceMaxAgeMs: number;
  /** How long evidence may be missing before a target counts as unreachable. */
  readonly unreachableAfterMs: number;
  /** How long a succeeded cluster must be seen unhealthy, in two samples or more, before it counts as broken. */
  readonly regressionAfterMs: number;
  /** Who may command what. `undefined` where the policy was stored before the rules were: then nobody may, until it is read again. */
  readonly commands: readonly CommandRule[] | undefined;
  /** When to tick, and when to compare everything with the repository: as cron says it. */
  readonly schedule: FleetSchedule;
  readonly drift: { readonly intervalMs: number; readonly maxIssues: number; readonly action: 'report' | 'heal' };
}

/** What people are to the repository, from the least to the most. */
export const ROLES = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const;
export type Role = WordOf<typeof ROLES>;

/** Whoever one rule is about may give its commands; what no rule is about, nobody may. */
export interface CommandRule {
  readonly verbs: readonly string[];
  readonly teams: readonly string[];
  readonly users: readonly string[];
  /** Whoever has at least this role; `undefined`: a role alone is not enough. */
  readonly role: Role | undefined;
  /** For these phases only. */
  readonly phases: readonly string[] | undefined;
  /** For these clusters only. */
  readonly select: Selector | undefined;
}

/** For fleets that give no rules: stopping is cheaper than starting. @see schemas/fleet.schema.json */
export const DEFAULT_COMMANDS: readonly CommandRule[] = [
  { verbs: ['pause', 'stop'], teams: [], users: [], role: 'write', phases: undefined, select: undefined },
  {
    verbs: ['resume', 'abort', 'retry', 'skip', 'approve', 'expedite', 'waive', 'take-over', 'lift', 'reconcile'],
    teams: [],
    users: [],
    role: 'maintain',
    phases: undefined,
    select: undefined,
  },
];

export interface FleetSchedule {
  readonly tick: string;
  readonly sweep: string;
}

/** @see schemas/fleet.schema.json for the defaults */
export const DEFAULT_SCHEDULE: FleetSchedule = { tick: '*/15 * * * * *', sweep: '*/5 * * * *' };

export interface DataPlanePolicy {
  readonly name: string;
  readonly kind: string;
  readonly urlFromEnv: string | undefined;
  /** Of the kubeconfig, for those that are reached through Kubernetes. */
  readonly context: string | undefined;
  /** `undefined`: no limit of its own. */
  readonly maxConcurrent: number | undefined;
}

export interface ProductPolicy {
  /** The document as it was written: the upgrade path is judged on it. */
  readonly document: Product;
  /** Directly required, or through other products; in order of name. */
  readonly requires: readonly string[];
  /** Least time between two upgrades of one cluster. */
  readonly minimumIntervalMs: DurationMs | undefined;
}
