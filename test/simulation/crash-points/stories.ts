import type { FleetCommand } from '../../../src/core/command/command.ts';
import type { RolloutId } from '../../../src/core/model/ids.ts';
import type { RolloutSummary } from '../../../src/ports/state-store.ts';
import { CANARY, type CrashWorld, FLEET, OTHER } from './crash-world.ts';
import type { TinyFleet } from './manifests.ts';

/** One thing that somebody does, and what must come of it before the next. */
export interface Stage {
  readonly name: string;
  readonly act: (world: CrashWorld) => void | Promise<void>;
  readonly until: (world: CrashWorld) => boolean | Promise<boolean>;
}

export interface Story {
  readonly name: string;
  readonly stages: readonly Stage[];
  /** How it ends, whatever happens in between. */
  readonly ends: readonly string[];
}

export const FIRST: TinyFleet = { version: '3.8.0' };
const NEXT: TinyFleet = { version: '3.8.1' };
const BROKEN: TinyFleet = { version: '3.8.1', isBroken: true };

const newest = async ({ store }: CrashWorld): Promise<RolloutSummary | undefined> => (await store.recentRollouts(FLEET, 1))[0];

const rolloutIs =
  (...statuses: readonly string[]) =>
  async (world: CrashWorld): Promise<boolean> => {
    const rollout = await newest(world);
    return rollout !== undefined && statuses.includes(rollout.status);
  };

/** The newest rollout, the only one or the second, is over, and so is its guard. */
const isOver =
  (seq: number) =>
  async (world: CrashWorld): Promise<boolean> =>
    (await newest(world))?.seq === seq && (await world.store.activeRollouts(FLEET)).length === 0;

const push = { ref: 'refs/heads/main' };
const opened = ({ git }: CrashWorld) => ({
  action: 'opened',
  pull_request: {
    ...{ number: 1, state: 'open', draft: false, title: 'kafka 3.8.1', user: { login: 'author' } },
    ...{ head: { sha: git.head('refs/pull/1/head') ?? '', repo: { id: 1_001 } }, base: { ref: 'main', repo: { id: 1_001 } } },
  },
});

const issue =
  (state: 'open' | 'closed', words = '') =>
  (world: CrashWorld) =>
    world.repository.issues().some((one) => one.state === state && one.body.includes(words));

const notices = ({ repository }: CrashWorld): number =>
  repository.comments(1).filter(({ body }) => body.startsWith('<!-- flotilla:v1 kind=notice ')).length;

const BY = { by: 'lead', reason: 'to have a look' } as const;

const command =
  (of: (rollout: RolloutId) => FleetCommand) =>
  async (world: CrashWorld): Promise<void> => {
    const rollout = await newest(world);
    if (rollout === undefined) throw new Error('there is no rollout');
    await world.command(of(rollout.id));
  };

/** To the default branch, without a pull request; the bot is told. */
const pushed =
  (fleet: TinyFleet, title: string) =>
  async (world: CrashWorld): Promise<void> => {
    world.push(fleet, title);
    await world.send('push', push);
  };

const mergedAndDone: readonly Stage[] = [
  {
    name: 'a pull request is opened, and planned',
    act: async (world) => {
      world.propose(NEXT, 'kafka 3.8.1');
      await world.send('pull_request', opened(world));
    },
    until: ({ repository }) => repository.comments(1).length > 0,
  },
  {
    name: 'it is merged, and rolled out',
    act: async (world) => {
      world.merge('kafka 3.8.1');
      await world.send('push', push);
    },
    until: isOver(1),
  },
];

const pushedAndStarted: Stage = {
  name: 'a commit is pushed, and its rollout starts',
  act: pushed(NEXT, 'kafka 3.8.1'),
  until: async ({ store }) => (await store.orders(FLEET)).size > 0,
};

const pausedAndResumed: readonly Stage[] = [
  pushedAndStarted,
  { name: 'a person pauses it', act: command((rollout) => ({ verb: 'pause', rollout, ...BY })), until: rolloutIs('paused') },
  { name: 'and resumes', act: command((rollout) => ({ verb: 'resume', rollout, ...BY })), until: isOver(1) },
];

const skippedAndReconciled: readonly Stage[] = [
  pushedAndStarted,
  {
    name: 'a person leaves a cluster out, and an issue tells that it lags behind',
    act: command((rollout) => ({ verb: 'skip', rollout, cluster: OTHER, ...BY })),
    until: async (world) => (await isOver(1)(world)) && issue('open')(world),
  },
  {
    name: 'and asks for a plan of what was left',
    act: command(() => ({ verb: 'reconcile', release: 'kafka', ...BY })),
    until: isOver(2),
  },
];

const badReleaseReverted: readonly Stage[] = [
  {
    name: 'a version that crashes is merged, halts at its canary, and people are told',
    act: async (world) => {
      world.planes.break(CANARY, { kind: 'crash-loop', version: NEXT.version });
      world.propose(NEXT, 'kafka 3.8.1');
      world.merge('kafka 3.8.1');
      await world.send('push', push);
    },
    until: async (world) => (await rolloutIs('paused')(world)) && notices(world) > 0,
  },
  {
    name: 'it is reverted, and all is as before',
    act: pushed(FIRST, 'Revert "kafka 3.8.1"'),
    until: isOver(2),
  },
];

const driftSeen: readonly Stage[] = [
  {
    name: 'a cluster is changed by hand, and an issue tells',
    act: ({ planes }) => planes.changeByHand(CANARY, { replicas: 2 }),
    until: issue('open'),
  },
  {
    name: 'it is changed once more, and the issue is edited',
    act: ({ planes }) => planes.changeByHand(CANARY, { version: '3.8.1' }),
    until: issue('open', '3.8.1'),
  },
  {
    name: 'it is changed back, and the issue is closed',
    act: ({ planes }) => planes.changeByHand(CANARY, { version: '3.8.0', replicas: 1 }),
    until: issue('closed'),
  },
];

const branchBroken: readonly Stage[] = [
  {
    name: 'broken manifests are pushed, and an issue tells',
    act: pushed(BROKEN, 'oops'),
    until: issue('open'),
  },
  {
    name: 'they are fixed, and the issue is closed',
    act: pushed(FIRST, 'the manifests are fixed'),
    until: issue('closed'),
  },
];

const DONE_UP = ['canary runs 3.8.1, healthy', 'other runs 3.8.1, healthy'];
const AS_BEFORE = ['canary runs 3.8.0, healthy', 'other runs 3.8.0, healthy'];

export const STORIES = {
  merged: {
    name: 'a change is planned, merged and rolled out',
    stages: mergedAndDone,
    ends: [
      ...DONE_UP,
      'rollout 1 of kafka is completed',
      'comment: ### ✅ Rollout completed: 2 of 2 clusters done',
      'check flotilla / rollout: Rollout completed: 2 of 2 clusters done, success',
      'check flotilla / plan: Changes 2 clusters in 2 phases: kafka 3.8.0 → 3.8.1; 2 replicas restart, success',
    ],
  },
  reverted: {
    name: 'a bad release is halted and reverted',
    stages: badReleaseReverted,
    ends: [
      ...AS_BEFORE,
      'rollout 1 of kafka is superseded',
      'rollback 2 of kafka is completed',
      'a stop on the version: quarantine',
      'a stop on the version: rolled-back',
      'check flotilla / rollout: Rollback completed: 1 of 1 cluster done, success',
      'check flotilla / rollout: Rollout superseded: 0 of 2 clusters done, 1 failed, neutral',
      'check flotilla / plan: Merged before it was planned: 1 rollout of 2 clusters, neutral',
      'comment: ### ⏭️ Rollout superseded: 0 of 2 clusters done, 1 failed',
      'comment: ### ⏸️ `kafka`: Rollout paused: 0 of 2 clusters done, 1 failed',
    ],
  },
  resumed: {
    name: 'a person pauses and resumes',
    stages: pausedAndResumed,
    ends: [...DONE_UP, 'rollout 1 of kafka is completed', 'check flotilla / rollout: Rollout completed: 2 of 2 clusters done, success'],
  },
  reconciled: {
    name: 'a person leaves a cluster out, and brings it home later',
    stages: skippedAndReconciled,
    ends: [
      ...DONE_UP,
      'rollout 1 of kafka is completed',
      'rollout 2 of kafka is completed',
      'check flotilla / rollout: 2 rollouts completed: 3 of 3 clusters done, success',
      'issue closed: Drift: other lags behind the fleet',
    ],
  },
  drift: {
    name: 'drift is reported, edited and closed',
    stages: driftSeen,
    ends: [...AS_BEFORE, 'issue closed: Drift: canary runs a different version'],
  },
  branch: {
    name: 'the default branch is broken and fixed',
    stages: branchBroken,
    ends: [
      ...AS_BEFORE,
      'check flotilla / plan: Not taken: 1 error in the manifests, failure',
      'issue closed: The manifests on the default branch are broken',
    ],
  },
} as const satisfies Readonly<Record<string, Story>>;
