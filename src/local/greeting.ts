import type { AppConfig } from '../app/config.ts';
import type { LocalState } from './local-state.ts';
import { EXAMPLE_NAME, EXAMPLE_OWNER } from './seed.ts';

/** What `npm start` prints in local mode: where everything is, and what to try. */
export function greeting(config: AppConfig, state: LocalState, botUrl: string): string {
  const repository = `${state.forgeUrl}/${EXAMPLE_OWNER}/${EXAMPLE_NAME}`;
  const [alice] = state.users;
  const clone = repository.replace('://', `://alice:${alice?.token ?? ''}@`);
  return `
Flotilla runs in local mode, ${config.speed} times as fast as real clusters would.

  Pull requests, checks, issues   ${repository}/pulls
  Clusters, and how to break them ${state.dataPlaneUrl}
  Rollouts, API, metrics          ${botUrl}
  REST API for any GitHub client  ${state.forgeUrl}/api/v3   token: ${alice?.token ?? ''}

Try it:
  1. Open ${repository}/pull/1, read the plan, and merge it.
  2. Watch the rollout in the comment, phase by phase.
  3. Break it:     npx flotilla local break --all --with crash-loop --version VERSION
  4. Drift:        npx flotilla local set CLUSTER --version VERSION
  5. Your change:  git clone ${clone}.git
  6. Kill the bot (pid ${process.pid}) with kill -9, and start it again.

Data is in ${config.home}. Ctrl-C ends everything; \`npx flotilla local forge\` runs the forge without the bot.
`;
}
