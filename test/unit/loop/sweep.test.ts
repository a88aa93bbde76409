import { expect, it } from 'vitest';
import { sweepFleet } from '../../../src/loop/sweep.ts';
import type { PullInfo } from '../../../src/ports/code-host.ts';
import { FLEET, fleetRecord, sha } from '../../support/state/builders.ts';
import { loopOf, ProjectionsInMemory } from './fake-ports.ts';

const HEAD = sha('a');
const BASE = sha('b');

/** Keys of the jobs that follow, when this is known of pull request 7 and the code host lists these. */
async function asked(memo: Readonly<Record<string, string>> | undefined, listed: readonly Partial<PullInfo>[]): Promise<readonly string[]> {
  const store = new ProjectionsInMemory();
  if (memo !== undefined)
    await store.saveProjection(FLEET, { key: 'pull:7', remoteId: undefined, hash: undefined, memo: { pull: '7', ...memo } });
  const keys: string[] = [];
  const loop = loopOf({
    store: {
      projections: (fleet, prefix) => store.projections(fleet, prefix),
      fleet: async () => fleetRecord(FLEET, { seenHead: BASE }),
      enqueue: async (jobs) => void keys.push(...jobs.map(({ key }) => key)),
    },
    host: { openPulls: async () => listed.map((pull) => ({ number: 7, headSha: HEAD, baseRef: 'main', ...pull }) as PullInfo) },
  });
  await sweepFleet(loop, FLEET);
  return keys.filter((key) => key.startsWith('re'));
}

const planned = { state: 'open', head: HEAD, base: BASE };

it.each([
  ['planned as it is', planned, [{}], []],
  ['never planned', undefined, [{}], ['review:acme/clusters:7']],
  ['pushed to since', { ...planned, head: sha('c') }, [{}], ['review:acme/clusters:7']],
  ['opened again', { ...planned, state: 'closed' }, [{}], ['review:acme/clusters:7']],
  ['planned on another base', { ...planned, base: sha('c') }, [{}], ['replan:acme/clusters:7']],
  ['closed unseen', planned, [], ['review:acme/clusters:7']],
  ['closed long ago', { ...planned, state: 'closed' }, [], []],
  ['to another branch', undefined, [{ baseRef: 'next' }], []],
] as const)('a pull request that was %s', async (_what, memo, listed, expected) => {
  expect(await asked(memo, listed)).toEqual(expected);
});
