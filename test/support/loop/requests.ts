import { createTasks } from '../../../src/app/tasks.ts';
import { askedBy } from '../../../src/app/webhooks.ts';
import type { CommitSha } from '../../../src/core/model/ids.ts';
import { FLEET, type TestBot } from './bot.ts';

/** Over the wire, since this was asked last; the contract of the code host holds the ports in memory to what the adapter sends. */
export function spent(bot: TestBot): { readonly all: number; readonly writes: number; readonly created: number } {
  const requests = bot.repository.requests.splice(0);
  const of = (kind: string) => requests.filter((one) => one === kind).length;
  return { all: requests.length, writes: of('create') + of('change'), created: of('create') };
}

/** Whether the repository is still ours is asked of the app. */
export function countingApp(bot: TestBot): TestBot {
  const app = new Proxy(bot.app, {
    get: (own, name) => {
      const value: unknown = Reflect.get(own, name, own);
      if (typeof value !== 'function') return value;
      return (...given: readonly unknown[]) => {
        bot.repository.requests.push('read');
        return Reflect.apply(value, own, given);
      };
    },
  });
  bot.loop = { ...bot.loop, ports: { ...bot.loop.ports, app } };
  bot.tasks = createTasks(bot.loop, () => undefined);
  return bot;
}

/** GitHub tells of a pull request with this head. */
export async function tell(bot: TestBot, action: string, number: number, head: CommitSha, state = 'open'): Promise<void> {
  const pull_request = {
    ...{ number, state, draft: false, title: `Change ${number}`, user: { login: 'octocat' } },
    ...{ head: { sha: head, repo: { id: 1_001 } }, base: { ref: 'main', repo: { id: 1_001 } } },
  };
  const asked = askedBy('pull_request', { action, repository: { id: 1_001, default_branch: 'main' }, pull_request });
  if (asked?.kind === 'fleet') await bot.store.enqueue([asked.job(FLEET)]);
}
