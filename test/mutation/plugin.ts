import { createHash } from 'node:crypto';
import { type MutantTestPlan, PlanKind } from '@stryker-mutator/api/core';
import type { Ignorer } from '@stryker-mutator/api/ignore';
import { declareFactoryPlugin, declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';
import type { Reporter } from '@stryker-mutator/api/report';

interface Node {
  readonly type: string;
  readonly name?: string;
  readonly callee?: Node;
  readonly expression?: Node;
}

const BROKEN_PROMISES: ReadonlySet<string | undefined> = new Set(['invariant', 'assertNever']);

/** What only speaks when our own code broke a promise: no test can reach it, and its words are for nobody's test. */
const brokenPromises: Ignorer = {
  shouldIgnore(path) {
    const { node } = path as { readonly node: Node };
    if (node.type === 'ThrowStatement') return 'throws';
    const call = node.type === 'ExpressionStatement' ? node.expression : node;
    return call?.type === 'CallExpression' && BROKEN_PROMISES.has(call.callee?.name) ? 'states an invariant' : undefined;
  },
};

/** Of the mutants to be run, how many, and chosen by which seed. Set before a run. */
export const sample: { size: number; seed: number } = { size: Number.POSITIVE_INFINITY, seed: 0 };

/** The reporter hears of all plans just before they are carried out, in the list that is carried out. */
function keepSample(plans: MutantTestPlan[]): void {
  const rank = ({ mutant: { fileName, location, mutatorName, replacement } }: MutantTestPlan): string =>
    createHash('sha256')
      .update(JSON.stringify([sample.seed, fileName, location, mutatorName, replacement]))
      .digest('hex');
  const runs = plans.flatMap((plan, index) => (plan.plan === PlanKind.Run ? [{ plan, index, rank: rank(plan) }] : []));
  runs.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  for (const { plan, index } of runs.slice(sample.size))
    plans[index] = {
      plan: PlanKind.EarlyResult,
      mutant: { ...plan.mutant, status: 'Ignored', statusReason: 'not in the sample' },
    };
}

const sampler = (): Reporter => ({ onMutationTestingPlanReady: ({ mutantPlans }) => keepSample(mutantPlans as MutantTestPlan[]) });

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'broken-promises', brokenPromises),
  declareFactoryPlugin(PluginKind.Reporter, 'sampler', sampler),
];
