import { trusted } from '../../../src/core/model/ids.ts';
import { InMemoryCodeHostApp, InMemoryRepository, type WrittenCheck } from '../../../src/ports/in-memory/code-host.ts';
import type { CallPhase } from '../../../src/ports/in-memory/on-call.ts';
import { PortError } from '../../../src/ports/port-error.ts';
import { describeCodeHost, type SeenCheck } from './contract.ts';

const OPERATIONS = { comment: 'code-host.writeComment', check: 'code-host.writeCheck', issue: 'code-host.writeIssue' };

const seen = ({ id, state, title, annotations }: WrittenCheck): SeenCheck => ({
  id,
  status: state.kind,
  conclusion: state.kind === 'completed' ? state.conclusion : undefined,
  title,
  annotations: annotations.length,
});

describeCodeHost('in memory', async () => {
  let broken: { readonly name: string; readonly when: CallPhase } | undefined;
  const onCall = (name: string, phase: CallPhase) => {
    if (broken?.name !== name || broken.when !== phase) return;
    broken = undefined;
    throw new PortError({ port: 'code-host', operation: name, retry: { kind: 'retry-later' }, message: 'cut off' });
  };
  const installed = {
    id: 12,
    closed: undefined,
    pushedAt: '',
    installation: 7,
    owner: 'acme',
    name: 'fleet',
    defaultBranch: 'main',
    cloneUrl: 'https://example.com/acme/fleet.git',
  };
  const host = new InMemoryRepository({ ...installed, onCall });
  const withoutIssues = new InMemoryRepository({ ...installed, id: 13, holdsFleet: false, name: 'no-issues', hasIssues: false });
  const nowhere = new InMemoryRepository({ ...installed, id: 14, name: 'nowhere' });
  nowhere.install(false);
  const headSha = trusted.commit('a'.repeat(40));
  const pull = host.openPull({ headSha, author: 'ann', title: 'Change a' });
  host.setRole('ann', 'admin');
  host.setRole('mia', 'maintain');
  host.setRole('bob', 'triage');
  const app = new InMemoryCodeHostApp([host, withoutIssues, nowhere]);
  host.setTeam('leads', ['ann']);
  return {
    host,
    app,
    settle: async () => undefined,
    missDelivery: async () => app.send('a-guid', false),
    installed,
    pull,
    headSha,
    nowhere,
    withoutIssues,
    failCreation: (of, when) => {
      broken = { name: OPERATIONS[of], when };
    },
    comments: async () => host.comments(pull).map(({ id, author, body }) => ({ id, author, body })),
    say: async (author, body) => void host.say(pull, author, body),
    reactions: async (id) => host.reactions(id),
    deleteComment: async (id) => host.deleteComment(id),
    allChecks: async (name) =>
      host
        .checks(headSha)
        .filter((check) => check.name === name)
        .map(seen),
    checks: async (name) => [host.check(headSha, name)].flatMap((check) => (check === undefined ? [] : [seen(check)])),
    issues: async () => host.issues(),
    label: async (issue, label) => host.label(issue, label),
    unlabel: async (issue, label) => host.unlabel(issue, label),
    open: async (author, body) => host.openIssue(author, body),
    buttons: async (name) => host.check(headSha, name)?.actions?.map(({ identifier }) => identifier) ?? [],
    review: async (login, verdict) => {
      if (verdict !== 'comment') host.review(pull, login, verdict === 'approve' ? headSha : undefined);
    },
    merge: async () => {
      const sha = trusted.commit('b'.repeat(40));
      host.mergePull(pull, sha);
      return sha;
    },
    stop: async () => undefined,
  };
});
