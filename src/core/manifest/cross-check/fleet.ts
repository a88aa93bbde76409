import { suggest } from '../did-you-mean.ts';
import type { Fleet } from '../generated.ts';
import type { Located, UnlocatedProblem } from '../model.ts';
import { placeIn, problemOf } from '../problem-of.ts';
import { compileSchedule } from '../schedule.ts';
import { checkApproval, checkDuplicates, checkNotZero, checkSelector } from './entries.ts';
import { checkReference, type Known } from './known.ts';

/** What the Fleet says that its schema cannot check. */
export function checkFleet(fleet: Located<Fleet>, known: Known): readonly UnlocatedProblem[] {
  const { spec } = fleet.value;
  const namesOf = (list: readonly { readonly name: string }[] | undefined): string[] => (list ?? []).map(({ name }) => name);
  return [
    ...checkReference(known, 'Strategy', spec.defaultStrategy, placeIn(fleet, 'spec', 'defaultStrategy')),
    ...checkDuplicates(fleet, ['spec', 'dataPlanes'], 'name', namesOf(spec.dataPlanes)),
    ...checkDuplicates(fleet, ['spec', 'notifications'], 'name', namesOf(spec.notifications)),
    ...checkDuplicates(fleet, ['spec', 'signals'], 'name', namesOf(spec.signals)),
    ...checkNotZero(fleet, ['spec', 'drift', 'interval'], spec.drift?.interval, 'the fleet would be compared without pause'),
    ...checkCron(fleet, 'tick', spec.schedule?.tick),
    ...checkCron(fleet, 'sweep', spec.schedule?.sweep),
    ...checkCommands(fleet, known),
    ...checkRuleChanges(fleet),
  ];
}

function checkCron(fleet: Located<Fleet>, field: string, cron: string | undefined): readonly UnlocatedProblem[] {
  if (cron === undefined) return [];
  const compiled = compileSchedule({ cron, duration: '1s' });
  if (compiled.ok) return [];
  return [
    problemOf(
      'bad-schedule',
      placeIn(fleet, 'spec', 'schedule', field),
      compiled.error,
      'write five fields: minute hour day month weekday',
    ),
  ];
}

/** Without names they are found elsewhere in the rules. */
function checkRuleChanges(fleet: Located<Fleet>): readonly UnlocatedProblem[] {
  const path = ['spec', 'ruleChanges'];
  const { count = 1, teams = [], users = [], validFor } = fleet.value.spec.ruleChanges ?? {};
  return [
    ...checkNotZero(fleet, [...path, 'validFor'], validFor, 'no approval would ever count'),
    ...(teams.length + users.length === 0 ? [] : checkApproval(fleet, path, { when: 'before', count, teams, users })),
  ];
}

function checkCommands(fleet: Located<Fleet>, known: Known): readonly UnlocatedProblem[] {
  const phases = new Set([...known.strategies.values()].flatMap(({ value }) => value.spec.phases.map(({ name }) => name)));
  return (fleet.value.spec.commands ?? []).flatMap((rule, at) => {
    const path = ['spec', 'commands', at];
    const problems = [...checkSelector(fleet, [...path, 'select'], rule.select)];
    if ((rule.teams ?? []).length + (rule.users ?? []).length === 0) {
      const message = 'this rule lets nobody do anything: neither teams nor users are named';
      problems.push(problemOf('nobody-may-command', placeIn(fleet, ...path), message, 'add `teams: [...]` or `users: [...]`'));
    }
    for (const [index, phase] of (rule.phases ?? []).entries()) {
      if (phases.has(phase) || !known.failures.complete('Strategy')) continue;
      const hint = suggest(phase, phases, 'correct the name');
      problems.push(problemOf('unknown-phase', placeIn(fleet, ...path, 'phases', index), `no strategy has a phase \`${phase}\``, hint));
    }
    return problems;
  });
}
