import { canonicalJson } from '../model/hash.ts';
import type { Problem } from '../model/problem.ts';
import type { Instant } from '../model/time.ts';
import { checkCalendar, type Opening } from './cross-check/calendar.ts';
import { checkCoverage } from './cross-check/coverage.ts';
import { checkFleet } from './cross-check/fleet.ts';
import { foldCauses } from './cross-check/fold-causes.ts';
import { groupClusters } from './cross-check/group-clusters.ts';
import { failuresOf, type Known, knowDocuments } from './cross-check/known.ts';
import { type ClusterProblem, type Placement, placeAll, placeChanged } from './cross-check/placement.ts';
import { checkProducts } from './cross-check/products.ts';
import { checkAttended, checkReleases } from './cross-check/releases.ts';
import { checkStrategies } from './cross-check/strategies.ts';
import { checkLabels, type LabelWitnesses } from './cross-check/unknown-labels.ts';
import { checkOperations, checkUnused, type Witnesses } from './cross-check/unused-rules.ts';
import type { ModelFile } from './file-changes.ts';
import { clustersIn, type Gathered, gather } from './gather.ts';
import { checkIgnore } from './ignored-files.ts';
import { MAX_CLUSTERS, MAX_FILES, MAX_PROBLEMS_IN_FILES } from './limits.ts';
import type { FleetModel, UnlocatedProblem } from './model.ts';
import { fileProblemOf, placeIn, problemOf } from './problem-of.ts';

/** All manifests of one tree, put together. */
export interface BuiltModel {
  /** `undefined` when anything is an error. */
  readonly model: FleetModel | undefined;
  /** What is wrong between documents. */
  readonly problems: readonly UnlocatedProblem[];
  /** What is wrong inside files. */
  readonly fileProblems: readonly Problem[];
  /** For the next tree, which may differ little; `undefined` when there was no order in this one. Nobody else reads it. */
  readonly memory: BuildMemory | undefined;
}

interface BuildMemory {
  readonly gathered: Gathered;
  /** What decides where a cluster belongs, as text. */
  readonly rules: string;
  readonly placement: Placement;
  readonly opening: Opening;
  readonly witnesses: Witnesses;
  readonly labels: LabelWitnesses;
}

/**
 * Puts the documents of all files together and checks them against each other. All problems come at once.
 *
 * @param options.now - for pins, exceptions and schedules.
 * @param options.previous - what was built before. Where it had no errors, and releases and strategies place clusters
 *   as they did, only the changed files are looked at: the price follows the change and not the fleet.
 */
export function buildModel(
  files: readonly ModelFile[],
  options: { readonly now: Instant; readonly previous?: BuiltModel | undefined },
): BuiltModel {
  const surplus = files[MAX_FILES];
  if (surplus !== undefined) return tooManyFiles(surplus);
  const memory = options.previous?.model === undefined ? undefined : options.previous.memory;
  const gathered = gather(files, memory?.gathered);
  const failures = failuresOf(gathered.examined.flatMap(({ parsed }) => parsed.failed ?? []));
  const { known, problems: nameProblems } = knowDocuments(gathered.others, failures, gathered.root);
  const rules = rulesOf(known);
  const placed = place(gathered, known, memory?.rules === rules ? memory.placement : undefined);
  const calendar = checkCalendar(known, options.now, memory?.opening ?? new Set());
  const unused = checkUnused(known, placed.placement, memory?.witnesses ?? new Map());
  const labels = checkLabels(known, placed.placement, memory?.labels ?? new Map());
  const coverage = checkCoverage(known, placed.placement);
  const found = foldCauses(
    {
      documents: [
        ...checkDocuments(known, gathered, placed.placement, options.now),
        ...calendar.problems,
        ...labels.problems,
        ...unused.problems,
        ...coverage.problems,
      ],
      canaries: coverage.canaries,
      clusters: [...placed.problems, ...coverage.clusters, ...checkAttended(placed.placement.attended, known, options.now)],
    },
    known,
    placed.placement,
  );
  const problems = [...nameProblems, ...checkCount(known, placed.placement), ...found.documents, ...groupClusters(found.clusters)];
  const fileProblems = problemsIn(gathered.examined);
  return {
    model: modelOf(known, placed.placement, [...problems, ...fileProblems]),
    problems,
    fileProblems,
    memory: {
      gathered,
      rules,
      placement: placed.placement,
      opening: calendar.opening,
      witnesses: unused.witnesses,
      labels: labels.witnesses,
    },
  };
}

/** A mistake repeated in every file of a large fleet is told often enough, and then counted. */
function problemsIn(files: readonly ModelFile[]): readonly Problem[] {
  const problems: Problem[] = [];
  let more = 0;
  for (const { file, parsed } of files) {
    for (const problem of parsed.problems) {
      if (problems.length < MAX_PROBLEMS_IN_FILES) problems.push({ file: file.path, ...problem });
      else more += 1;
    }
  }
  const last = problems.at(-1);
  if (more === 0 || last === undefined) return problems;
  const note = fileProblemOf(
    'limit/problems',
    last,
    `${more} more problems in this file and those after it`,
    'fix those above, and the others are shown next',
  );
  return [...problems, { file: last.file, ...note }];
}

interface Placed {
  readonly placement: Placement;
  readonly problems: readonly ClusterProblem[];
}

/** @param before - where clusters were, when the rules that place them are the same. */
function place(gathered: Gathered, known: Known, before: Placement | undefined): Placed {
  const changed = before === undefined || gathered.clusters === undefined ? undefined : placeChanged(known, before, gathered.clusters);
  return changed ?? placeAll(known, clustersIn(gathered));
}

function checkDocuments(known: Known, gathered: Gathered, placement: Placement, now: Instant): readonly UnlocatedProblem[] {
  return [
    ...(known.fleet === undefined ? [] : [...checkFleet(known.fleet, known), ...checkIgnore(known.fleet, gathered.ignored)]),
    ...checkProducts(known),
    ...checkStrategies(known),
    ...checkReleases(known, placement, now),
    ...checkOperations(known),
  ];
}

function checkCount(known: Known, { clusters }: Placement): readonly UnlocatedProblem[] {
  const [first] = clusters.values();
  if (clusters.size <= MAX_CLUSTERS || first === undefined) return [];
  return [
    problemOf('limit/clusters', placeIn(known.fleet ?? first), `${clusters.size} clusters; the most is ${MAX_CLUSTERS}`, 'split the fleet'),
  ];
}

/** Exactly what `placeChanged` reads of other documents: while it is the same text, clusters stay where they are. */
function rulesOf(known: Known): string {
  return canonicalJson({
    defaultStrategy: known.fleet?.value.spec.defaultStrategy,
    dataPlanes: [...(known.dataPlanes ?? [])].sort(),
    products: [...known.products.keys()].sort(),
    releases: Object.fromEntries(
      [...known.releases].map(([name, { value }]) => [
        name,
        { product: value.spec.product, select: value.spec.select, strategy: value.spec.strategy },
      ]),
    ),
    strategies: Object.fromEntries(
      [...known.strategies].map(([name, { value }]) => [
        name,
        value.spec.phases.map((phase) => ({ name: phase.name, select: phase.select })),
      ]),
    ),
  });
}

function modelOf(
  known: Known,
  placement: Placement,
  problems: readonly { readonly severity: 'error' | 'warning' }[],
): FleetModel | undefined {
  const { fleet, products, strategies, releases, windows, freezes, operations } = known;
  if (fleet === undefined || problems.some(({ severity }) => severity === 'error')) return undefined;
  const { clusters, releaseOf } = placement;
  return { fleet, products, strategies, releases, clusters, windows, freezes, operations, releaseOf };
}

function tooManyFiles({ file }: ModelFile): BuiltModel {
  const problem = fileProblemOf(
    'limit/files',
    { line: 1, column: 1 },
    `more than ${MAX_FILES} files`,
    'put several documents into one file',
  );
  return { model: undefined, problems: [], fileProblems: [{ file: file.path, ...problem }], memory: undefined };
}
