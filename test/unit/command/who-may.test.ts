import { describe, expect, it } from 'vitest';
import { applyCommand } from '../../../src/core/command/apply-command.ts';
import type { ChangeRef } from '../../../src/core/command/brought-change.ts';
import { type FleetCommand, ROLLOUT_VERBS, VERBS, type Verb } from '../../../src/core/command/command.ts';
import { type Allowed, judge, type KnownPerson, rulesInWords, whoCould, whoMay } from '../../../src/core/command/who-may.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { isWord } from '../../../src/core/model/vocabulary.ts';
import { type CommandRule, DEFAULT_COMMANDS, ROLES } from '../../../src/core/reconcile/policy.ts';
import { ROLLOUT_STATUSES, type RolloutStatus } from '../../../src/core/reconcile/state.ts';
import { inputOf } from '../../support/commands.ts';
import { kafka, shown, stopOf } from '../../support/report-views.ts';

const planned = kafka({ from: '3.8.0', to: '3.9.0' });
const rollout = (status: RolloutStatus = 'running') =>
  shown(planned, { targets: { 'kafka-staging': { status: 'failed' } }, state: { status } }).active;
const stop = stopOf({ cause: 'person', scope: { kind: 'release', release: 'kafka-all' }, by: 'anna', reason: 'demo', lets: 'nothing' });
const ASKED = { by: 'ada', reason: 'because' } as const;

function commandOf(verb: Verb, more: object = {}): FleetCommand {
  if (isWord(ROLLOUT_VERBS, verb)) return { verb, rollout: rollout().state.id, ...ASKED, ...more };
  if (verb === 'lift') return { verb, stop: stop.id, ...ASKED, ...more };
  if (verb === 'stop') return { verb, scope: { kind: 'fleet' }, ...ASKED, ...more };
  if (verb === 'approve-rules') return { verb, pull: 12, digest: trusted.digest('0123456789abcdef'), ...ASKED, ...more };
  return { verb, release: 'kafka-all', ...ASKED, ...more };
}

const rule = (over: Partial<CommandRule>): CommandRule => ({
  ...{ verbs: [...VERBS], teams: [], users: [], role: undefined, phases: undefined, select: undefined },
  ...over,
});
const known = (over: Partial<KnownPerson> = {}): KnownPerson => ({ teams: new Map(), ...over });

function verdict(rules: readonly CommandRule[], command: FleetCommand, person: KnownPerson, input = inputOf(rollout(), { stops: [stop] })) {
  return judge(whoMay({ commands: rules }, input, command), command.by, person).kind;
}

describe('every command, in every state, by every role', () => {
  it('has an outcome: it is carried out, or refused with what to do instead, or with who could', () => {
    const table = VERBS.map((verb) => {
      const may = ROLES.filter((role) => verdict(DEFAULT_COMMANDS, commandOf(verb), known({ role })) === 'may');
      const words = ROLLOUT_STATUSES.map((status) => {
        const input = inputOf(rollout(status), { stops: status === 'paused' ? [stop] : [] });
        const applied = applyCommand(input, commandOf(verb));
        const outcome = applied.ok ? 'done' : 'refused';
        expect(applied.ok ? applied.value.changes.length : applied.error.length, `${verb} ${status}`).toBeGreaterThan(0);
        for (const role of ROLES) {
          const by = judge(whoMay({ commands: DEFAULT_COMMANDS }, input, commandOf(verb)), 'ada', known({ role }));
          expect(by.kind === 'may' || (by.kind === 'may-not' && by.why.length > 0), `${verb} ${status} ${role}`).toBe(true);
        }
        return outcome;
      });
      return `${verb}: ${may.join(' ')} | ${ROLLOUT_STATUSES.map((status, nth) => `${status} ${words[nth]}`).join(', ')}`;
    });
    expect(table.map((line) => line.split(' | ')[0])).toEqual([
      'pause: write maintain admin',
      'resume: maintain admin',
      'abort: maintain admin',
      'retry: maintain admin',
      'skip: maintain admin',
      'approve: maintain admin',
      'expedite: maintain admin',
      'waive: maintain admin',
      'take-over: maintain admin',
      'lift: maintain admin',
      'stop: write maintain admin',
      'reconcile: maintain admin',
      'approve-rules: read triage write maintain admin',
    ]);
    expect(table.every((line) => line.split(' | ')[1]?.split(', ').length === ROLLOUT_STATUSES.length)).toBe(true);
  });

  it('is allowed to nobody where no rule is about it', () => {
    // Agreeing to a loss of protection has rules of its own, below.
    const verbs = VERBS.filter((verb) => verb !== 'approve-rules');
    for (const verb of verbs) expect(verdict([], commandOf(verb), known({ role: 'admin' }))).toBe('may-not');
  });
});

describe('a rule', () => {
  it.each<[string, Partial<CommandRule>, Partial<KnownPerson>, string]>([
    ['names a person, in any case', { users: ['ADA'] }, {}, 'may'],
    ['names another person', { users: ['bob'] }, { role: 'admin' }, 'may-not'],
    ['names a team of theirs', { teams: ['Ops'] }, { teams: new Map([['ops', true]]) }, 'may'],
    ['names a team of others', { teams: ['ops'] }, { teams: new Map([['ops', false]]) }, 'may-not'],
    ['names a team that was not asked about', { teams: ['ops'] }, { role: 'admin' }, 'unknown'],
    ['names two, one of which was not asked about', { teams: ['ops', 'leads'] }, { teams: new Map([['ops', false]]) }, 'unknown'],
    ['names a role that was not asked about', { role: 'write' }, {}, 'unknown'],
    ['names nobody', {}, { role: 'admin' }, 'may-not'],
  ])('that %s', (_name, over, person, wanted) => {
    expect(verdict([rule(over)], commandOf('pause'), known(person))).toBe(wanted);
  });

  it('for a phase is about commands to that phase alone', () => {
    const rules = [rule({ users: ['ada'], phases: ['rest'] })];
    expect(verdict(rules, commandOf('retry', { phase: 'rest' }), known())).toBe('may');
    for (const more of [{}, { phase: 'internal' }, { cluster: trusted.cluster('kafka-dev') }])
      expect(verdict(rules, commandOf('retry', more), known())).toBe('may-not');
    expect(verdict(rules, commandOf('stop'), known())).toBe('may-not');
  });

  it('for some clusters is about commands that touch no others', () => {
    const labelled = inputOf(rollout(), { stops: [stop] });
    const desired = new Map(
      [...labelled.desired].map(([id, one]) => [id, { ...one, labels: { tier: id.startsWith('kafka-shop') ? 'shop' : 'own' } }]),
    );
    const input = { ...labelled, desired };
    const rules = [rule({ users: ['ada'], select: { matchLabels: { tier: 'shop' } } })];
    const may = (command: FleetCommand) => verdict(rules, command, known(), input);
    expect(may(commandOf('skip', { cluster: trusted.cluster('kafka-shop-1') }))).toBe('may');
    expect(may(commandOf('stop', { scope: { kind: 'cluster', cluster: trusted.cluster('kafka-shop-1') } }))).toBe('may');
    for (const command of [
      commandOf('skip', { cluster: trusted.cluster('kafka-dev') }),
      commandOf('skip', { cluster: trusted.cluster('not-there') }),
      commandOf('pause'),
      commandOf('stop'),
      commandOf('lift'),
      commandOf('reconcile'),
      commandOf('retry'),
      commandOf('retry', { phase: 'not-there' }),
    ])
      expect(may(command), command.verb).toBe('may-not');
  });
});

describe('a phase that names its approvers', () => {
  const approval = { when: 'before', count: 1, teams: ['leads'], users: [], notAuthor: false } as const;

  it('is approved by those alone, whatever else the rules let people do', () => {
    const phases = planned.phases.map((phase) => (phase.name === 'rest' ? { ...phase, approval } : phase));
    const { active } = shown({ ...planned, phases }, { phases: { rest: 'awaiting-approval' } });
    const input = inputOf(active);
    for (const more of [{ phase: 'rest' }, {}]) {
      const command = { ...commandOf('approve', more), rollout: active.state.id } as FleetCommand;
      expect(verdict([rule({ users: ['ada'] })], command, known({ teams: new Map([['leads', false]]) }), input)).toBe('may-not');
      expect(verdict([], command, known({ teams: new Map([['leads', true]]) }), input)).toBe('may');
    }
  });
});

describe('a loss of protection', () => {
  const approvers = { teams: ['leads'], users: [], maintainers: false, count: 1, notAuthor: true, reviews: false };
  const digest = trusted.digest('0123456789abcdef');
  const proposal = { pull: 12, isOpen: true, author: 'octocat', asked: { digest, approvers }, approvals: [] };
  const input = { ...inputOf(rollout(), { stops: [] }), proposal };
  const inTeam = { teams: new Map([['leads', true]]) };

  it('is agreed to by those whom the rules in force name, whatever the rules of commands say, and by nobody behind it', () => {
    const command = commandOf('approve-rules');
    const behind = (...logins: readonly string[]) => ({ behind: { logins: new Set(logins), whyNotAll: undefined } });
    const outsiders = behind('octocat');
    expect(verdict([rule({ users: ['ada'] })], command, known({ teams: new Map([['leads', false]]), ...outsiders }), input)).toBe(
      'may-not',
    );
    expect(verdict([], command, known(inTeam), input)).toBe('unknown');
    expect(verdict([], command, known({ ...inTeam, ...outsiders }), input)).toBe('may');
    expect(verdict([], command, known({ ...inTeam, ...behind('ada') }), input)).toBe('may-not');
    expect(verdict([], { ...command, by: 'Octocat' }, known({ ...inTeam, ...outsiders }), input)).toBe('may-not');
  });

  it('is agreed to by maintainers where the rules name nobody', () => {
    const nobody = { ...proposal, asked: { digest, approvers: { ...approvers, teams: [], maintainers: true, notAuthor: false } } };
    const may = ROLES.filter((role) => verdict([], commandOf('approve-rules'), known({ role }), { ...input, proposal: nobody }) === 'may');
    expect(may).toEqual(['maintain', 'admin']);
  });

  it.each([
    ['that nobody knows', undefined, 'is not known here'],
    ['that is closed', { ...proposal, isOpen: false }, 'not open any more'],
    ['that takes nothing away', { ...proposal, asked: undefined }, 'takes no protection away'],
    [
      'that takes another protection away',
      { ...proposal, asked: { ...proposal.asked, digest: trusted.digest('f'.repeat(16)) } },
      'f'.repeat(16),
    ],
  ])('of a pull request %s is refused with why', (_name, given, why) => {
    expect(applyCommand({ ...input, proposal: given }, commandOf('approve-rules'))).toMatchObject({ error: expect.stringContaining(why) });
  });
});

describe('a phase that nobody behind the change approves', () => {
  const approval = { when: 'before', count: 1, teams: [], users: ['ada', 'bob'], notAuthor: true } as const;
  const phases = planned.phases.map((phase) => (phase.name === 'rest' ? { ...phase, approval } : phase));
  const { active } = shown({ ...planned, phases }, { phases: { rest: 'awaiting-approval' } });
  const command = { ...commandOf('approve', { phase: 'rest' }), rollout: active.state.id } as FleetCommand;
  const pull: ChangeRef = { kind: 'pull', number: 7 };
  const commit: ChangeRef = { kind: 'commit', sha: trusted.commit('c'.repeat(40)) };
  const by = (author: string | undefined, ref: ChangeRef, behind: readonly string[] | undefined, whyNotAll?: string) => {
    const people = behind && { logins: new Set(behind), whyNotAll };
    return judge(whoMay({ commands: [] }, inputOf(active, { change: { author, ref } }), command), command.by, known({ behind: people }));
  };

  it.each<[string, string | undefined, ChangeRef, readonly string[] | undefined, string]>([
    ['by its author', 'Ada', pull, [], 'may-not'],
    ['by whoever pushed it to the default branch', undefined, commit, ['ada'], 'may-not'],
    ['by whoever wrote, committed or pushed a part of it', 'bob', pull, ['bob', 'ada'], 'may-not'],
    ['before it is known who that is', 'bob', pull, undefined, 'unknown'],
    ['before it is known who pushed it', undefined, commit, undefined, 'unknown'],
    ['by somebody else', 'bob', pull, ['bob'], 'may'],
  ])('%s: %s, %j, %j: %s', (_name, author, ref, behind, wanted) => expect(by(author, ref, behind).kind).toBe(wanted));

  it('is approved by nobody where others may have a part in it, and says why', () => {
    expect(by('bob', pull, ['bob'], 'commit abc is by an address that no account has claimed')).toEqual({
      kind: 'may-not',
      why: 'ada, or bob, but nobody who took part in the change; and who did cannot be told: commit abc is by an address that no account has claimed',
    });
  });

  it('asks for the people behind the very change', () => {
    expect(by('bob', pull, undefined)).toMatchObject({ change: pull });
    expect(by(undefined, commit, undefined)).toMatchObject({ change: commit });
  });
});

describe('who could, in words', () => {
  it.each<[Allowed, string]>([
    [{ teams: ['a', 'b'], users: ['ada'], role: undefined }, 'members of team a or b, or ada'],
    [{ teams: [], users: [], role: 'write' }, 'people with the role write or more'],
    [{ teams: [], users: [], role: undefined }, 'nobody, by the rules on the default branch'],
  ])('%j', (allowed, words) => expect(whoCould(allowed)).toBe(words));

  it('says what a rule is limited to', () => {
    const commands = [rule({ verbs: ['skip'], users: ['ada'], phases: ['rest'], select: { matchLabels: { tier: 'shop' } } })];
    expect(rulesInWords({ commands }, 'skip')).toEqual(['ada (phase rest; clusters with tier = shop)']);
    expect(rulesInWords({ commands }, 'lift')).toEqual([]);
  });
});
