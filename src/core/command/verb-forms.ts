import type { Verb } from './command.ts';

/** What a command may name, besides its verb. */
export const ARGUMENTS = [
  'rollout',
  'release',
  'pull',
  'phase',
  'cluster',
  'digest',
  'stop',
  'product',
  'data-plane',
  'lets',
  'until',
  'for',
  'reason',
] as const;
export type Argument = (typeof ARGUMENTS)[number];

/** How a verb is written. Parser, help and refusals are made from this table. */
export interface VerbForm {
  readonly takes: readonly Argument[];
  /** What a word without a name is; of several, the first that it can be. */
  readonly bare: readonly Argument[];
  /** What breaks a rule of the strategy, or ends something, has to say why. */
  readonly needsReason: boolean;
  readonly usage: string;
  readonly example: string;
}

const ROLLOUT = ['rollout', 'release', 'reason'] as const;

export const VERB_FORMS: Readonly<Record<Verb, VerbForm>> = {
  pause: form('pause [release:NAME]', 'pause --reason "latency is up"', ROLLOUT),
  resume: form('resume [stop:ID]', 'resume', [...ROLLOUT, 'stop'], { bare: ['stop'] }),
  abort: form('abort --reason "WHY"', 'abort --reason "wrong version"', ROLLOUT, { needsReason: true }),
  retry: form('retry [cluster:NAME | phase:NAME]', 'retry cluster:kafka-eu-1', [...ROLLOUT, 'cluster', 'phase']),
  skip: form(
    'skip cluster:NAME|phase:NAME --reason "WHY"',
    'skip cluster:kafka-eu-1 --reason "it is being removed"',
    [...ROLLOUT, 'cluster', 'phase'],
    { needsReason: true },
  ),
  approve: form('approve DIGEST [phase:NAME]', 'approve 0123456789abcdef', [...ROLLOUT, 'phase', 'digest'], { bare: ['digest', 'phase'] }),
  expedite: form(
    'expedite [phase:NAME] [for:TIME | until:INSTANT] --reason "WHY"',
    'expedite for:2h --reason "fix of an incident"',
    [...ROLLOUT, 'phase', 'for', 'until'],
    { needsReason: true },
  ),
  waive: form(
    'waive [phase:NAME | product:NAME] --reason "WHY"',
    'waive phase:canary --reason "tried by hand"',
    [...ROLLOUT, 'phase', 'product'],
    { needsReason: true },
  ),
  'take-over': form('take-over --reason "WHY"', 'take-over --reason "it cannot wait"', ROLLOUT, { needsReason: true }),
  lift: form('lift STOP --reason "WHY"', 'lift 0123456789abcdef --reason "it is fixed"', ['stop', 'reason'], {
    bare: ['stop'],
    needsReason: true,
  }),
  stop: form(
    'stop fleet|product:NAME|release:NAME|data-plane:NAME|cluster:NAME [for:TIME | until:INSTANT] [lets:rollbacks]',
    'stop data-plane:aws-eu-west-1 for:4h',
    ['product', 'release', 'data-plane', 'cluster', 'lets', 'until', 'for', 'reason'],
  ),
  reconcile: form('reconcile RELEASE', 'reconcile kafka', ['release', 'reason'], { bare: ['release'] }),
  'approve-rules': form('approve-rules DIGEST [pull:NUMBER]', 'approve-rules 0123456789abcdef', ['pull', 'digest', 'reason'], {
    bare: ['digest'],
  }),
};

function form(
  usage: string,
  example: string,
  takes: readonly Argument[],
  { bare = [], needsReason = false }: Partial<Pick<VerbForm, 'bare' | 'needsReason'>> = {},
): VerbForm {
  return { takes, bare, needsReason, usage: `/fleet ${usage}`, example: `/fleet ${example}` };
}
