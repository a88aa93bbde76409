import { revertPull } from '../actions/revert.ts';
import { created } from '../http/answer.ts';
import type { RepositoryRoute } from '../http/route.ts';
import { pullShape } from '../shapes/pull.ts';
import { requestAction } from './checks.ts';
import { pullOf } from './pulls.ts';

/** What GitHub has as buttons and not in REST. Below `/_forge`, so that nobody takes it for GitHub's. */
export const forgeOnlyRoutes: readonly RepositoryRoute[] = [
  {
    method: 'POST',
    path: '/_forge/repos/:owner/:repo/pulls/:number/revert',
    access: { person: 'write', app: [] },
    handle: async (call) => {
      const pull = await revertPull(call.world, call.repository, pullOf(call).number, call.author());
      return created(pullShape(call.world, call.repository, pull));
    },
  },
  {
    method: 'POST',
    path: '/_forge/repos/:owner/:repo/check-runs/:run/actions',
    access: { person: 'read', app: [] },
    handle: (call) => requestAction(call),
  },
];
