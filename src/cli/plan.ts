import { parseArgs } from 'node:util';
import { RepositoryGit } from '../adapters/git/repository-git.ts';
import { computeDesired } from '../core/desired/compute-desired.ts';
import type { DesiredState } from '../core/desired/desired.ts';
import { MAX_FILE_BYTES } from '../core/manifest/limits.ts';
import { type LoadedFiles, validateFiles } from '../core/manifest/load.ts';
import { locateProblems } from '../core/manifest/locate.ts';
import { hasErrors, type Problem } from '../core/model/problem.ts';
import { instant } from '../core/model/time.ts';
import { type PlannedChange, planChange } from '../core/plan/plan-change.ts';
import { renderPlanMarkdown, renderPlanText } from '../core/report/plan-text.ts';
import { renderProblems } from '../core/report/problems.ts';
import { PortError } from '../ports/port-error.ts';
import { type CliIo, EXIT, UsageError } from './io.ts';
import type { FolderFile } from './manifest-folder.ts';
import { parseFormat, wrongUsage } from './validate.ts';

export const PLAN_USAGE = `Usage: flotilla plan --repo DIR --from REV --to REV [--format text|markdown|json]

Shows what the change from one commit to another would roll out: the plan that the bot makes of a merge.
Nothing is checked out, and nothing is rolled out.

  --repo DIR    a git repository (default: this folder)
  --from REV    the commit before (default: HEAD~1)
  --to REV      the commit after (default: HEAD)

Exit codes: 0 planned, or nothing changes; 1 the manifests have errors; 2 wrong usage.
`;

interface Tree {
  readonly loaded: LoadedFiles;
  readonly files: readonly FolderFile[];
}

/** @returns the exit code. With --format json, standard output is the plan, \`null\` when nothing changes, or the list of problems. */
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
    const { values } = parseArgs({ args: [...argv], options });
    if (values.help === true) {
      io.out(PLAN_USAGE);
      return EXIT.fine;
    }
    const format = parseFormat(values.format);
    repository = open(values.repo);
    const before = await treeOf(repository, values.from);
    const after = await treeOf(repository, values.to);
    const planned = planBetween(before, after);
    if (planned.kind === 'broken') {
      io.out(renderProblems(planned.problems, format, undefined));
      return EXIT.refused;
    }
    const { plan } = planned.change;
    if (format === 'json') io.out(`${JSON.stringify(plan ?? null, null, 2)}\n`);
    else io.out(format === 'markdown' ? renderPlanMarkdown(plan) : renderPlanText(plan));
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

async function treeOf(repository: RepositoryGit, name: string): Promise<Tree> {
  const listed = await repository.files(await repository.commit(name));
  const texts = await repository.read([...new Set(listed.map(({ blob }) => blob))], MAX_FILE_BYTES);
  const files = listed.flatMap(({ path, blob }): readonly FolderFile[] => {
    const content = texts.get(blob);
    return content === undefined ? [] : [{ path, content }];
  });
  return { files, loaded: validateFiles(files, instant(Date.now())) };
}

type Planned =
  | { readonly kind: 'broken'; readonly problems: readonly Problem[] }
  | { readonly kind: 'planned'; readonly change: PlannedChange };

/** Without a valid commit before there is no desired state to start from; the bot would take the last good one, which only it knows. */
function planBetween(before: Tree, after: Tree): Planned {
  const { model, problems } = after.loaded;
  if (model === undefined) return { kind: 'broken', problems };
  if (before.loaded.model === undefined) return { kind: 'broken', problems: before.loaded.problems };
  const recorded: DesiredState = computeDesired(before.loaded.model);
  const change = planChange({ before: recorded, model, earlier: new Map() });
  const textOf = new Map(after.files.map(({ path, content }) => [path, content.kind === 'text' ? content.text : undefined]));
  const located = locateProblems(change.problems, (file) => textOf.get(file));
  return hasErrors(located) ? { kind: 'broken', problems: [...problems, ...located] } : { kind: 'planned', change };
}
