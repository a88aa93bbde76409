import { RepositoryGit } from '../adapters/git/repository-git.ts';
import { computeDesired, type DesiredBefore } from '../core/desired/compute-desired.ts';
import type { DesiredState } from '../core/desired/desired.ts';
import type { CommitSha } from '../core/model/ids.ts';
import { hasErrors, type Problem } from '../core/model/problem.ts';
import { instant } from '../core/model/time.ts';
import { compareVersions } from '../core/model/version.ts';
import { assumedLedger } from '../core/plan/assumed-ledger.ts';
import type { Plan } from '../core/plan/plan.ts';
import { type PlannedFleet, planFleet } from '../core/plan/plan-fleet.ts';
import { renderPlanMarkdown, renderPlanText } from '../core/report/plan-text.ts';
import { renderProblems } from '../core/report/problems.ts';
import { compareRules } from '../core/rules/compare-rules.ts';
import type { RulesReview } from '../core/rules/rule-change.ts';
import { PortError } from '../ports/port-error.ts';
import { type CliIo, EXIT, UsageError } from './io.ts';
import { oneOf, readArguments, wrongUsage } from './read-arguments.ts';
import { RepositoryModels } from './repository-models.ts';

export const PLAN_USAGE = `Usage: flotilla plan --repo DIR --from REV --to REV [--format text|markdown|json]

Shows what the change from one commit to another would roll out: the plan that the bot makes of a merge.
Nothing is checked out, and nothing is rolled out. It is assumed that every commit up to --from was rolled out to the end.

  --repo DIR    a git repository (default: this folder)
  --from REV    the commit before (default: HEAD~1)
  --to REV      the commit after (default: HEAD)

Exit codes: 0 planned, or nothing changes; 1 the manifests have errors; 2 wrong usage.
`;

/** How many commits before `--from` are looked at, to tell a rollback from a change to something new. */
const LINE_MAX = 50;

/** @returns the exit code. With --format json, standard output is the plan with the rules that change, \`null\` when nothing changes, or the list of problems. */
export async function runPlan(argv: readonly string[], io: CliIo): Promise<number> {
  let repository: RepositoryGit | undefined;
  try {
    const options = {
      repo: { type: 'string', default: io.cwd },
      from: { type: 'string', default: 'HEAD~1' },
      to: { type: 'string', default: 'HEAD' },
      format: { type: 'string', default: 'text' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    const { values, positionals } = readArguments(argv, options);
    if (values.help === true) {
      io.out(PLAN_USAGE);
      return EXIT.fine;
    }
    if (positionals.length > 0) throw new UsageError(`plan takes options only, not "${positionals[0]}"`);
    const format = oneOf('--format', values.format, ['text', 'markdown', 'json']);
    repository = open(values.repo);
    const planned = await planBetween(repository, await repository.commit(values.from), await repository.commit(values.to));
    if (planned.kind === 'broken') {
      io.out(renderProblems(planned.problems, format, undefined));
      return EXIT.refused;
    }
    const { plan, rules } = planned;
    if (format === 'json') io.out(`${JSON.stringify(printable(plan, rules), null, 2)}\n`);
    else io.out(format === 'markdown' ? renderPlanMarkdown(plan, rules) : renderPlanText(plan, rules));
    return EXIT.fine;
  } catch (error) {
    return wrongUsage(error instanceof PortError ? new UsageError(error.message.replace(/^[a-z-]+\.\w+: /, '')) : error, PLAN_USAGE, io);
  } finally {
    repository?.close();
  }
}

function open(folder: string): RepositoryGit {
  return new RepositoryGit(folder);
}

type Planned =
  | { readonly kind: 'broken'; readonly problems: readonly Problem[] }
  | { readonly kind: 'planned'; readonly plan: Plan | undefined; readonly rules: RulesReview | undefined };

/**
 * The plan that the bot would make if every commit up to `from` had been rolled out to the end. Without valid manifests at `from` there is
 * nothing to start from; the bot would take those of the last good commit, which only it knows.
 */
async function planBetween(repository: RepositoryGit, from: CommitSha, to: CommitSha): Promise<Planned> {
  const now = instant(Date.now());
  const models = new RepositoryModels(repository, now);
  const [earlier, later] = [await models.at(from), await models.at(to)];
  const { model, problems, locate } = later;
  if (model === undefined) return { kind: 'broken', problems };
  if (earlier.model === undefined) return { kind: 'broken', problems: earlier.problems };
  const before = computeDesired(earlier.model);
  const desired = computeDesired(model, { model: earlier.model, desired: before });
  const plan = (line: readonly DesiredState[]): PlannedFleet =>
    planFleet({ model, before, desired, ledger: assumedLedger(line), orders: new Map(), stops: [] });
  const first = plan([before]);
  const planned = couldGoBack(first.plan) ? plan([...(await lineTo(repository, models, from)), before]) : first;
  const located = locate(planned.problems);
  if (hasErrors(located)) return { kind: 'broken', problems: [...problems, ...located] };
  return { kind: 'planned', plan: planned.plan, rules: compareRules(earlier.model, model, now) };
}

/** Without history nothing goes back; with it, those could whose version does not grow. */
function couldGoBack(plan: Plan | undefined): boolean {
  const targets = plan?.rollouts.flatMap((rollout) => [...rollout.targets.values()]) ?? [];
  return targets.some(({ from, spec }) => from !== undefined && compareVersions(spec.version, from.version) <= 0);
}

/** Desired states of the commits before, oldest first; one whose manifests were broken changed nothing. */
async function lineTo(repository: RepositoryGit, models: RepositoryModels, commit: CommitSha): Promise<readonly DesiredState[]> {
  const line: DesiredState[] = [];
  let reuse: DesiredBefore | undefined;
  for (const one of await repository.line(commit, LINE_MAX)) {
    const { model } = await models.at(one);
    if (model === undefined) continue;
    const desired = computeDesired(model, reuse);
    reuse = { model, desired };
    line.push(desired);
  }
  return line;
}

/** Maps are written as objects: by cluster id, in the order in which they start. */
function printable(plan: Plan | undefined, rules: RulesReview | undefined) {
  if (plan === undefined) return rules === undefined ? null : { rules };
  const rollouts = plan.rollouts.map((rollout) => ({ ...rollout, targets: Object.fromEntries(rollout.targets) }));
  return { ...plan, rollouts, ...(rules === undefined ? {} : { rules }) };
}
