import type { DesiredSpec, Difference } from '../desired/desired.ts';
import {
  amount,
  type Decoder,
  decode,
  either,
  flag,
  listOf,
  mapped,
  maybe,
  number,
  object,
  parsed,
  recordOf,
  text,
  word,
} from '../model/decode.ts';
import type { Json } from '../model/hash.ts';
import { type ClusterId, parseClusterId, parsePlanDigest, parseRevision } from '../model/ids.ts';
import type { Counted } from '../model/quantity.ts';
import { err, ok, type Result } from '../model/result.ts';
import { durationMs } from '../model/time.ts';
import {
  APPROVAL_TIMES,
  EXCLUSIONS,
  INTENTS,
  LIMIT_KINDS,
  ON_FAILURE,
  type Plan,
  type PlannedBudgets,
  type PlannedPhase,
  type PlannedRollout,
  type PlannedTarget,
  RISK_CODES,
  ROLLOUT_KINDS,
  TARGET_CHANGES,
  URGENCIES,
} from './plan.ts';

/**
 * A plan as plain JSON, for the database. Most targets want the same thing, so each distinct spec and list of differences is
 * written once, and targets name it by its place in the list: at 100,000 targets that is most of the text.
 */
export function planToJson(plan: Plan): Json {
  const specs = new Pool<DesiredSpec>();
  const differences = new Pool<readonly Difference[]>();
  const rollouts = plan.rollouts.map(({ targets, ...rest }) => ({
    ...rest,
    targets: [...targets.values()].map(({ spec, differences: found, ...target }) => ({
      ...target,
      spec: specs.place(spec),
      differences: differences.place(found),
    })),
  }));
  const { digest, excluded, removed, risks } = plan;
  return json({ digest, specs: specs.entries, differences: differences.entries, rollouts, excluded, removed, risks });
}

/** Reads what `planToJson` wrote, and believes nothing: what is missing, or no longer a word of ours, is said and not guessed. */
export function parsePlan(value: unknown): Result<Plan, string> {
  const pools = decode(POOLS, value);
  if (!pools.ok) return pools;
  const read = decode(planDecoder(pools.value), value);
  if (!read.ok) return read;
  for (const rollout of read.value.rollouts) {
    const wrong = contradiction(rollout);
    if (wrong !== undefined) return err(`${rollout.release}: ${wrong}`);
  }
  return ok(read.value);
}

/** Entries by identity, in the order in which they were first seen. */
class Pool<T extends object> {
  readonly entries: T[] = [];
  readonly #places = new Map<T, number>();

  place(entry: T): number {
    const known = this.#places.get(entry);
    if (known !== undefined) return known;
    this.#places.set(entry, this.entries.length);
    return this.entries.push(entry) - 1;
  }
}

/** Says to the type checker that this is plain data; only text, numbers, booleans, lists and objects may stand in it. */
type Plain<T> = T extends string | number | boolean | undefined
  ? T
  : T extends ReadonlyMap<unknown, unknown>
    ? never
    : { readonly [Key in keyof T]: Plain<T[Key]> };
const json = <T>(value: T & Plain<T>): Json => value as Json;

interface Pools {
  readonly specs: readonly DesiredSpec[];
  readonly differences: readonly (readonly Difference[])[];
}

const configValue = either(text, either(number, flag));
const milliseconds = mapped(amount, durationMs);
const cluster = parsed(text, parseClusterId);
const revision = parsed(text, parseRevision);
const counted: Decoder<Counted> = object({ count: amount, words: text });

const POOLS: Decoder<Pools> = object({
  specs: listOf(
    object({
      product: text,
      version: text,
      image: maybe(text),
      replicas: amount,
      config: recordOf(configValue),
      featureFlags: recordOf(flag),
    }),
  ),
  differences: listOf(listOf(object({ path: text, from: maybe(configValue), to: maybe(configValue) }))),
});

const approval = mapped(
  object({
    when: word(APPROVAL_TIMES),
    count: amount,
    teams: listOf(text),
    users: listOf(text),
    notAuthor: flag,
    validForMs: maybe(milliseconds),
  }),
  // Left out where there is none: the digest of a plan is of what it says.
  ({ validForMs, ...same }) => ({ ...same, ...(validForMs === undefined ? {} : { validForMs }) }),
);

const phase: Decoder<PlannedPhase> = object({
  name: text,
  canary: flag,
  provenBy: maybe(text),
  kind: word(ROLLOUT_KINDS),
  members: listOf(cluster),
  why: text,
  maxConcurrent: counted,
  soakMs: milliseconds,
  bakeMs: milliseconds,
  budgets: object({ failed: counted, unreachable: counted, deferred: counted }),
  approval: maybe(approval),
  maxDurationMs: maybe(milliseconds),
  onFailure: word(ON_FAILURE),
});

/** A budget that the strategy does not give is absent, and stays absent. */
const rolloutBudgets: Decoder<Partial<PlannedBudgets>> = mapped(
  object({ failed: maybe(counted), unreachable: maybe(counted), deferred: maybe(counted) }),
  ({ failed, unreachable, deferred }) => ({
    ...(failed && { failed }),
    ...(unreachable && { unreachable }),
    ...(deferred && { deferred }),
  }),
);

const targetDecoder = ({ specs, differences }: Pools): Decoder<PlannedTarget> =>
  object({
    cluster,
    phase: text,
    dataPlane: text,
    change: word(TARGET_CHANGES),
    kind: word(ROLLOUT_KINDS),
    from: maybe(object({ revision: maybe(revision), version: text })),
    revision,
    spec: entryOf(specs),
    differences: entryOf(differences),
    deadlineMs: milliseconds,
  });

const entryOf = <T>(entries: readonly T[]): Decoder<T> =>
  parsed(amount, (at) => {
    const entry = entries[at];
    return entry === undefined ? err(`nothing stands at place ${at}`) : ok(entry);
  });

const planDecoder = (pools: Pools): Decoder<Plan> =>
  object({
    digest: parsed(text, parsePlanDigest),
    rollouts: listOf(rolloutDecoder(pools)),
    excluded: listOf(object({ cluster, release: text, reason: word(EXCLUSIONS), words: text })),
    removed: listOf(cluster),
    risks: listOf(object({ code: word(RISK_CODES), words: text })),
  });

const rolloutDecoder = (pools: Pools): Decoder<PlannedRollout> =>
  object({
    release: text,
    product: text,
    intent: word(INTENTS),
    strategy: text,
    urgency: word(URGENCIES),
    kind: word(ROLLOUT_KINDS),
    requires: listOf(text),
    fromVersions: listOf(text),
    toVersions: listOf(text),
    selected: amount,
    phases: listOf(phase),
    targets: mapped(
      listOf(targetDecoder(pools)),
      (targets): ReadonlyMap<ClusterId, PlannedTarget> => new Map(targets.map((target) => [target.cluster, target])),
    ),
    limits: listOf(object({ id: text, kind: word(LIMIT_KINDS), name: text, count: counted })),
    budgets: rolloutBudgets,
    guardMs: milliseconds,
  });

/** The members of the phases are exactly the targets, in their order: everything that runs a rollout counts on it. */
function contradiction({ phases, targets }: PlannedRollout): string | undefined {
  const inOrder = [...targets.values()];
  let at = 0;
  for (const { name, members } of phases) {
    for (const member of members) {
      const target = inOrder[at];
      if (target?.cluster !== member || target.phase !== name) return `${member} of phase ${name} is not the target that stands there`;
      at += 1;
    }
  }
  return at === inOrder.length ? undefined : `${inOrder[at]?.cluster} is a target and in no phase`;
}
