import type { Example } from './example.ts';
import type { Forge } from './forge/options.ts';

export const EXAMPLE_OWNER = 'flotilla-demo';
export const EXAMPLE_NAME = 'fleet';

/** Who may do what in the example's repository. */
const PEOPLE = [
  { login: 'alice', name: 'Alice', role: 'admin' },
  { login: 'bob', name: 'Bob', role: 'write' },
  { login: 'eve', name: 'Eve', role: 'read' },
] as const;

/** The teams that the example's rules name. */
const TEAMS = { streaming: ['alice', 'bob'], 'on-call': ['bob'], 'streaming-leads': ['alice'] } as const;

export interface LocalUser {
  readonly login: string;
  readonly token: string;
}

/** Fills a new forge with people, the repository of the example, and an open pull request. What is there already stays. */
export async function seedForge(forge: Forge, example: Example): Promise<readonly LocalUser[]> {
  const users = PEOPLE.map(({ login, name }) => forge.seedUser({ login, name, email: `${login}@example.com` }));
  const { change } = example;
  await forge.seedRepository({
    owner: EXAMPLE_OWNER,
    name: EXAMPLE_NAME,
    description: 'What every cluster should run. Change it by pull request.',
    files: example.files,
    collaborators: PEOPLE.map(({ login, role }) => ({ login, role })),
    teams: TEAMS,
    author: 'alice',
    ...(change === undefined
      ? {}
      : {
          pull: {
            branch: `${change.release}-${change.to}`,
            title: `Roll ${change.release} from ${change.from} to ${change.to}`,
            body: 'One line. The comment below says what it would do.',
            author: 'bob',
            changes: new Map([[change.path, change.text]]),
          },
        }),
  });
  return users;
}
