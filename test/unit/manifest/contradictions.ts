import { type Edit, manifest } from './small-fleet.ts';

/** One change to the small fleet, and what it makes wrong as `file:line:column code`. */
export interface Contradiction extends Edit {
  readonly name: string;
  readonly want: readonly string[];
}

const RELEASE = manifest('Release', 'other', 'product: kafka\nversion: "3.9.0"\nselect: { matchLabels: { tier: customer } }');
const window = (schedule: string, more = ''): string => manifest('Window', 'w', `schedule: ${schedule}\nreason: for the table${more}`);
const operation = (lines: string): string => manifest('Operation', 'o', `action: rebalance\nreason: for the table\n${lines}`);
const phases = (lines: string): NonNullable<Edit['files']> => ({
  'strategy.yaml': manifest('Strategy', 'standard', `phases:\n${lines.replace(/^/gm, '  ')}`),
});
const phase = (name: string, lines: string): string => `- name: ${name}\n  maxConcurrent: 1\n  soak: 1m\n${lines.replace(/^/gm, '  ')}`;
const EVERYBODY = phase('everybody', 'rest: true');
const exception = (lines: string): NonNullable<Edit['replace']> => ({
  'release.yaml': ['  select: {}\n', `  select: {}\n  exceptions:\n${lines.replace(/^/gm, '    ')}\n`],
});
const inSpec = (file: string, before: string, lines: string): NonNullable<Edit['replace']> => ({
  [file]: [before, `${lines.replace(/^/gm, '  ')}\n${before}`],
});
const inCluster = (lines: string): NonNullable<Edit['replace']> => inSpec('clusters.yaml', '  product: kafka', lines);
const inFleet = (lines: string): NonNullable<Edit['replace']> => inSpec('fleet.yaml', '  defaultStrategy', lines);

export const CONTRADICTIONS: readonly Contradiction[] = [
  // Names and references.
  { name: 'no Fleet, where one belongs', files: { 'fleet.yaml': undefined }, want: ['fleet.yaml:1:1 fleet-missing'] },
  {
    name: 'two Fleets',
    files: { 'g.yaml': manifest('Fleet', 'g', 'defaultStrategy: standard\ndataPlanes: [{ name: eu, kind: simulated }]') },
    want: ['g.yaml:2:7 fleet-duplicate'],
  },
  {
    name: 'two clusters of one name in a file',
    replace: { 'clusters.yaml': ['kafka-b', 'kafka-a'] },
    want: ['clusters.yaml:14:9 duplicate-name'],
  },
  {
    name: 'two clusters of one name in two files',
    files: { 'd.yaml': manifest('Cluster', 'kafka-a', 'product: kafka\ndataPlane: eu\nreplicas: 1') },
    want: ['d.yaml:4:9 duplicate-name'],
  },
  {
    name: 'two releases of one name',
    files: { 's.yaml': manifest('Release', 'kafka', 'product: kafka\nversion: "3.9.0"\nselect: {}') },
    want: ['s.yaml:4:9 duplicate-name'],
  },
  {
    name: 'a cluster of an unknown product',
    replace: { 'clusters.yaml': ['product: kafka', 'product: kafak'] },
    want: ['clusters.yaml:7:12 unknown-product', 'release.yaml:8:11 canary-empty'],
  },
  {
    name: 'a cluster on an unknown data plane',
    replace: { 'clusters.yaml': ['dataPlane: eu', 'dataPlane: ue'] },
    want: ['clusters.yaml:8:14 unknown-data-plane'],
  },
  { name: 'an unknown default strategy', replace: { 'fleet.yaml': ['standard', 'standrad'] }, want: ['fleet.yaml:6:20 unknown-strategy'] },
  {
    name: 'a release with an unknown strategy',
    replace: { 'release.yaml': ['  select', '  strategy: fast\n  select'] },
    want: ['release.yaml:8:13 unknown-strategy'],
  },
  {
    name: 'a window for an unknown product',
    files: { 'w.yaml': window('{ cron: "0 0 * * *", duration: 1h }', '\nproducts: [kafka, flink]') },
    want: ['w.yaml:8:21 unknown-product'],
  },
  {
    name: 'an operation on an unknown product, so on nothing',
    files: { 'o.yaml': operation('product: flink\nselect: {}') },
    want: ['o.yaml:8:12 unknown-product'],
  },
  {
    name: 'a rule about an unknown phase',
    replace: inFleet('commands: [{ verbs: [approve], teams: [a], phases: [canray] }]'),
    want: ['fleet.yaml:6:55 unknown-phase'],
  },
  {
    name: 'a rule about commands for nobody',
    replace: inFleet('commands: [{ verbs: [approve] }]'),
    want: ['fleet.yaml:6:14 nobody-may-command'],
  },
  {
    name: 'changes of rules that two of one must agree to',
    replace: inFleet('ruleChanges: { count: 2, users: [ann, Ann] }'),
    want: ['fleet.yaml:6:16 nobody-may-approve'],
  },
  {
    name: 'changes of rules that are approved for no time',
    replace: inFleet('ruleChanges: { validFor: 0m }'),
    want: ['fleet.yaml:6:28 zero-duration'],
  },
  {
    name: 'two data planes of one name',
    replace: { 'fleet.yaml': ['name: us', 'name: eu'] },
    want: ['clusters.yaml:18:14 unknown-data-plane', 'fleet.yaml:9:15 duplicate-entry'],
  },
  { name: 'a version listed twice', replace: { 'product.yaml': ['3.8.1', '3.8.0'] }, want: ['product.yaml:9:16 duplicate-entry'] },
  {
    name: 'a product that requires itself',
    replace: { 'product.yaml': ['  versions', '  requires: [kafka]\n  versions'] },
    want: ['product.yaml:7:14 requires-cycle'],
  },
  {
    name: 'products that require each other in a circle of three',
    replace: { 'product.yaml': ['  versions', '  requires: [b]\n  versions'] },
    files: {
      'b.yaml': manifest('Product', 'b', 'requires: [c]\nworkload: { kind: Custom }\nversions: [{ version: "1.0" }]'),
      'c.yaml': manifest('Product', 'c', 'requires: [kafka]\nworkload: { kind: Custom }\nversions: [{ version: "1.0" }]'),
    },
    want: ['product.yaml:7:14 requires-cycle'],
  },
  {
    name: 'a product that requires an unknown one',
    replace: { 'product.yaml': ['  versions', '  requires: [zookeeper]\n  versions'] },
    want: ['product.yaml:7:14 unknown-product'],
  },
  {
    name: 'In without values',
    replace: { 'release.yaml': ['{}', '{ matchExpressions: [{ key: tier, operator: NotIn }] }'] },
    want: ['release.yaml:8:55 selector-values'],
  },
  {
    name: 'Exists with values',
    replace: { 'release.yaml': ['{}', '{ matchExpressions: [{ key: tier, operator: Exists, values: [a] }] }'] },
    want: ['release.yaml:8:55 selector-values'],
  },
  { name: 'a glob that matches no file', replace: inFleet('ignore: [docs/**]'), want: ['fleet.yaml:6:12 ignore-unused'] },

  // Versions.
  { name: 'an unknown version', replace: { 'release.yaml': ['3.9.0', '3.9.1'] }, want: ['release.yaml:7:12 unknown-version'] },
  { name: 'a withdrawn version', replace: { 'release.yaml': ['3.9.0', '3.8.1'] }, want: ['release.yaml:7:12 withdrawn-version'] },
  {
    name: 'a pin at an unknown version',
    replace: inCluster('pin: { version: "1.0", reason: abc, expires: "2027-01-01T00:00:00Z" }'),
    want: ['clusters.yaml:7:19 unknown-version'],
  },
  {
    name: 'a pin past its expiry',
    replace: inCluster('pin: { version: "3.8.0", reason: abc, expires: "2026-01-01T00:00:00Z" }'),
    want: ['clusters.yaml:7:50 pin-expired'],
  },
  {
    name: 'an opt-out past its expiry',
    replace: inCluster('optOut: { reason: abc, expires: "2026-01-01T00:00:00Z" }'),
    want: ['clusters.yaml:7:35 opt-out-expired'],
  },
  {
    name: 'an exception past its expiry',
    replace: exception('- { clusters: [kafka-b], version: "3.8.0", reason: abc, expires: "2026-01-01T00:00:00Z" }'),
    want: ['release.yaml:10:70 exception-expired'],
  },
  {
    name: 'a canary waiver past its expiry',
    replace: inSpec('release.yaml', '  select: {}', 'canaryWaiver: { reason: all canaries are moved, expires: "2020-01-01T00:00:00Z" }'),
    want: ['release.yaml:8:60 canary-waiver-expired'],
  },
  {
    name: 'an exception at an unknown version',
    replace: exception('- { clusters: [kafka-b], version: "1.0", reason: abc, expires: "2027-01-01T00:00:00Z" }'),
    want: ['release.yaml:10:39 unknown-version'],
  },
  {
    name: 'an exception for an unknown cluster',
    replace: exception('- { clusters: [kafka-a, kafka-c], version: "3.8.0", reason: abc, expires: "2027-01-01T00:00:00Z" }'),
    want: ['release.yaml:10:29 unknown-cluster'],
  },
  {
    name: 'a cluster in two exceptions',
    replace: exception(
      '- { clusters: [kafka-a], version: "3.8.0", reason: abc, expires: "2027-01-01T00:00:00Z" }\n- { clusters: [kafka-a], version: "3.8.0", reason: abc, expires: "2027-01-01T00:00:00Z" }',
    ),
    want: ['release.yaml:11:20 exception-twice'],
  },

  // Which release and which phase.
  {
    name: 'a cluster that no release selects',
    replace: { 'release.yaml': ['{}', '{ matchLabels: { tier: canary } }'] },
    want: ['clusters.yaml:15:11 cluster-unselected'],
  },
  {
    name: 'a cluster that two releases select',
    files: { 'r.yaml': RELEASE },
    want: ['clusters.yaml:15:11 cluster-selected-twice', 'r.yaml:8:11 release-empty'],
  },
  { name: 'a release that selects nothing', files: { 'r.yaml': RELEASE.replace('customer', 'x') }, want: ['r.yaml:8:34 unknown-label'] },
  {
    name: 'an exception in the wrong release',
    replace: {
      'release.yaml': [
        '{}',
        '{ matchLabels: { tier: canary } }\n  exceptions: [{ clusters: [kafka-b], version: "3.8.0", reason: abc, expires: "2027-01-01T00:00:00Z" }]',
      ],
    },
    files: {
      'r.yaml': RELEASE.replace('version', 'strategy: plain\nversion').replace('\nversion', '\n  version'),
      'p.yaml': manifest('Strategy', 'plain', `phases:\n  ${EVERYBODY.replaceAll('\n', '\n  ')}`),
    },
    want: ['release.yaml:9:29 exception-not-selected'],
  },
  {
    name: 'a cluster in no phase',
    files: phases(phase('canary', 'canary: true\nselect: { matchLabels: { tier: canary } }')),
    want: ['clusters.yaml:15:11 cluster-in-no-phase'],
  },
  {
    name: 'a cluster in two phases',
    files: phases(`${phase('one', 'select: {}')}\n${phase('two', 'select: { matchLabels: { tier: customer } }')}`),
    want: ['clusters.yaml:15:11 cluster-in-two-phases'],
  },
  {
    name: 'an empty canary phase by labels',
    replace: { 'clusters.yaml': ['canary', 'internal'] },
    want: ['strategy.yaml:8:38 unknown-label'],
  },
  {
    name: 'an empty canary cohort, because labels took all',
    files: phases(`${phase('all', 'select: {}')}\n${phase('canary', 'canary: true\ncohort: { size: 1 }')}\n${EVERYBODY}`),
    want: ['release.yaml:8:11 canary-empty'],
  },
  {
    name: 'an empty canary cohort, because earlier cohorts took all',
    files: phases(`${phase('all', 'cohort: { size: 100% }')}\n${phase('canary', 'canary: true\ncohort: { size: 1 }')}`),
    want: ['release.yaml:8:11 canary-empty'],
  },
  {
    name: 'an empty canary rest',
    files: phases(`${phase('all', 'cohort: { size: 100% }')}\n${phase('rest', 'canary: true\nrest: true')}`),
    want: ['release.yaml:8:11 canary-empty'],
  },
  {
    name: 'a window that concerns nobody',
    files: { 'w.yaml': window('{ cron: "0 0 * * *", duration: 1h }', '\nselect: { matchLabels: { tenant: x } }') },
    want: ['w.yaml:8:36 unknown-label'],
  },
  {
    name: 'an operation that concerns nobody',
    files: { 'o.yaml': operation('product: kafka\nselect: { matchLabels: { tenant: x } }') },
    want: ['o.yaml:9:36 unknown-label'],
  },
  {
    name: 'a window whose labels no cluster has together',
    files: {
      'w.yaml': window(
        '{ cron: "0 1 * * *", duration: 1h }',
        '\nselect: { matchLabels: { tier: customer }, matchExpressions: [{ key: tier, operator: In, values: [canary] }] }',
      ),
    },
    want: ['w.yaml:8:11 rule-unused'],
  },

  // Strategies.
  {
    name: 'two phases that take the rest',
    files: phases(`${phase('one', 'rest: true')}\n${phase('two', 'rest: true')}`),
    want: ['strategy.yaml:14:13 two-rest-phases'],
  },
  {
    name: 'cohorts without a rest, though they add up to 100 %',
    files: phases(`${phase('one', 'cohort: { size: 50% }')}\n${phase('two', 'cohort: { size: 50% }')}`),
    want: ['strategy.yaml:7:5 no-rest-phase'],
  },
  {
    name: 'cohorts of more than 100 %',
    files: phases(`${phase('one', 'cohort: { size: 60% }')}\n${phase('two', 'cohort: { size: 41% }')}\n${EVERYBODY}`),
    want: ['strategy.yaml:7:5 cohorts-over-100'],
  },
  {
    name: 'two phases of one name',
    files: phases(`${phase('everybody', 'select: {}')}\n${EVERYBODY}`),
    want: ['strategy.yaml:11:13 duplicate-entry'],
  },
  {
    name: 'order by label without label',
    files: phases(phase('a', 'rest: true\norder: { by: label }')),
    want: ['strategy.yaml:11:20 order-without-label'],
  },
  {
    name: 'order by hash with label',
    files: phases(phase('a', 'rest: true\norder: { by: hash, label: tier }')),
    want: ['strategy.yaml:11:33 order-without-label'],
  },
  {
    name: 'an approval by nobody',
    files: phases(phase('a', 'rest: true\napproval: { when: before, count: 1 }')),
    want: ['strategy.yaml:11:17 nobody-may-approve'],
  },
  {
    name: 'an approval by two of one',
    files: phases(phase('a', 'rest: true\napproval: { when: before, count: 2, users: [ann, Ann] }')),
    want: ['strategy.yaml:11:17 nobody-may-approve'],
  },
  {
    name: 'an approval that counts for no time',
    files: phases(phase('a', 'rest: true\napproval: { when: before, count: 1, teams: [a], validFor: 0s }')),
    want: ['strategy.yaml:11:65 zero-duration'],
  },
  {
    name: 'a phase that lasts no time',
    files: phases(phase('a', 'rest: true\nmaxDuration: 0s')),
    want: ['strategy.yaml:11:20 zero-duration'],
  },

  // Time.
  {
    name: 'an unknown time zone',
    files: { 'w.yaml': window('{ cron: "0 0 * * *", duration: 1h, timeZone: Mars/Base }') },
    want: ['w.yaml:6:58 unknown-time-zone'],
  },
  {
    name: 'a cron expression out of range',
    files: { 'w.yaml': window('{ cron: "61 0 * * *", duration: 1h }') },
    want: ['w.yaml:6:21 bad-schedule'],
  },
  {
    name: 'the 30th of February by cron',
    files: { 'w.yaml': window('{ cron: "0 0 30 2 *", duration: 1h }') },
    want: ['w.yaml:6:21 never-opens'],
  },
  {
    name: 'the 30th of February by rule',
    files: { 'w.yaml': window('{ rrule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30, duration: 1h }') },
    want: ['w.yaml:6:22 never-opens'],
  },
  {
    name: 'a rule that next opens in a century',
    files: { 'w.yaml': window('{ rrule: FREQ=YEARLY;INTERVAL=100, duration: 1h }') },
    want: ['w.yaml:6:22 never-opens'],
  },
  {
    name: 'a rule for every second, which would take years to search',
    files: { 'w.yaml': window('{ rrule: FREQ=SECONDLY, duration: 1h }') },
    want: ['w.yaml:6:22 bad-schedule'],
  },
  { name: 'a window of no time', files: { 'w.yaml': window('{ cron: "0 0 * * *", duration: 0s }') }, want: ['w.yaml:6:44 zero-duration'] },
  {
    name: 'a freeze that ends before it begins',
    files: { 'f.yaml': manifest('Freeze', 'f', 'reason: abc\nfrom: "2026-12-02T00:00:00Z"\nto: "2026-12-01T00:00:00+02:00"') },
    want: ['f.yaml:8:7 freeze-backwards'],
  },
  {
    name: 'a freeze that ends as it begins',
    files: { 'f.yaml': manifest('Freeze', 'f', 'reason: abc\nfrom: "2026-12-01T00:00:00Z"\nto: "2026-12-01T00:00:00Z"') },
    want: ['f.yaml:8:7 freeze-backwards'],
  },
  {
    name: 'a schedule of the loop that cannot be read',
    replace: inFleet('schedule: { tick: "99 * * * *" }'),
    want: ['fleet.yaml:6:21 bad-schedule'],
  },
  { name: 'a drift interval of no time', replace: inFleet('drift: { interval: 0s }'), want: ['fleet.yaml:6:22 zero-duration'] },
  {
    name: 'a deadline of no time',
    replace: { 'product.yaml': ['  versions', '  deadline: { base: 0s, perReplica: 0s }\n  versions'] },
    want: ['product.yaml:7:13 zero-duration'],
  },
];
