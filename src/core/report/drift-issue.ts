import { assertNever } from '../model/assert.ts';
import { formatInstant, type Instant } from '../model/time.ts';
import type { Drift, DriftKind, LaggingReason } from '../reconcile/drift.ts';
import type { DriftGroup } from '../reconcile/group-drifts.ts';
import { layOut, type Part } from './lay-out.ts';
import { code, inert, plural, sentence } from './markdown.ts';
import { differenceWords, valueWords } from './plan-words.ts';

/** How the issue of a drift is found again when its number was lost. */
export const driftMarker = (key: string): string => `<!-- flotilla:v1 kind=drift key=${encodeURIComponent(key)} -->`;

/** The issue of one drift, or of a group of them above the cap. */
export function renderDriftIssue(group: DriftGroup): { readonly title: string; readonly body: string } {
  switch (group.kind) {
    case 'single':
      return { title: singleTitle(group.drift), body: layOut(marked(group.key, singleParts(group.drift))) };
    case 'many':
      return { title: manyTitle(group), body: layOut(marked(group.key, manyParts(group))) };
    default:
      return assertNever(group, 'renderDriftIssue');
  }
}

/** The marker on a line of its own before the verdict. */
const marked = (key: string, [verdict = '', ...parts]: readonly Part[]): readonly Part[] => [`${driftMarker(key)}\n${verdict}`, ...parts];

/** The same issue once its drift is gone. The title says what it was about, because issues are found by it years later. */
export function renderResolvedDriftIssue(key: string, now: Instant): { readonly title: string; readonly body: string } {
  const [, name = key] = key.split(':');
  const body = `✅ Settled at ${formatInstant(now)}: this issue has nothing left to report. Should it come back, this issue is opened again.`;
  return {
    title: `Drift: ${plainName(key.startsWith('group:') ? key.slice('group:'.length) : name)} is settled`,
    body: layOut([`${driftMarker(key)}\n${body}`]),
  };
}

const KIND_WORDS: Readonly<Record<DriftKind, string>> = {
  version: 'runs another version',
  config: 'has another configuration',
  replicas: 'has another number of replicas',
  image: 'runs another image',
  lagging: 'lags behind the fleet',
  'unknown-cluster': 'runs, but is in no manifest',
  'missing-cluster': 'is in the manifests, but does not run',
  'silent-data-plane': 'does not answer',
};

const LAGGING_WORDS: Readonly<Record<LaggingReason, string>> = {
  aborted: 'its rollout was aborted before it got there',
  failed: 'it failed in its last rollout',
  deferred: 'its last rollout put it off',
  skipped: 'a person skipped it in its last rollout',
  pinned: 'a pin or an exception holds it',
  'pin-expired': 'a pin or an exception that has expired still holds it',
  'opted-out': 'it is opted out',
  'never-selected': 'no rollout has taken it along yet',
  unreachable: 'it could not be reached in its last rollout',
};

/** A title is plain text to GitHub; a cluster's name cannot hold anything that it would turn into a link. */
const plainName = (name: string): string => name.replace(/[^A-Za-z0-9*:._-]/g, '').slice(0, 120);

const subjectOf = (drift: Drift): string => plainName(drift.cluster ?? drift.dataPlane);

function singleTitle(drift: Drift): string {
  const [kind = 'version'] = drift.kinds;
  return `Drift: ${drift.cluster === undefined ? 'data plane ' : ''}${subjectOf(drift)} ${KIND_WORDS[kind]}`;
}

function singleParts(drift: Drift): readonly Part[] {
  const { cluster, dataPlane, product, differences, lagging, kinds, since, detail } = drift;
  const who =
    cluster === undefined
      ? `Data plane ${code(dataPlane)}`
      : `${code(cluster)}${product === undefined ? '' : ` (${inert(product)})`} on ${code(dataPlane)}`;
  const what = kinds.map((kind) => KIND_WORDS[kind]).join(', and ');
  return [
    `⚠️ ${who} ${what}. First seen ${formatInstant(since)}.`,
    ...(detail === undefined ? [] : [`${sentence(inert(detail))}.`]),
    ...(lagging === undefined ? [] : [`**Why it lags:** ${LAGGING_WORDS[lagging.reason]}. ${sentence(inert(lagging.words))}`]),
    ...(differences.length === 0 ? [] : [differenceTable(drift)]),
    choices(drift),
  ];
}

function differenceTable({ differences }: Drift): Part {
  return {
    heads: ['What', 'Should be', 'Is'],
    rows: differences.map(({ path, from, to }) => [code(path), valueWords(from), valueWords(to)]),
    of: ['difference', 'differences'],
    rest: 'Compare the cluster with its manifests to see all.',
    summary: undefined,
  };
}

/** What can be done, so that nobody has to find out at night. */
function choices({ kinds, lagging }: Drift): string {
  if (kinds.includes('silent-data-plane'))
    return '**Next:** make it answer again. Until then its clusters count as unknown, and none of them is started.';
  if (kinds.includes('unknown-cluster'))
    return '**Next:** describe it in the manifests, or take it down. Flotilla touches nothing that is in no manifest.';
  if (kinds.includes('missing-cluster')) return '**Next:** bring it back, or remove it from the manifests.';
  if (lagging !== undefined) return `**Next:** ${LAGGING_CHOICES[lagging.reason]}`;
  return '**Next:** put the cluster back as the manifests say, or change the manifests to what it is now; either closes this issue.';
}

const LAGGING_CHOICES: Readonly<Record<LaggingReason, string>> = {
  aborted: 'merge a change that takes it along, or revert the one that was aborted.',
  failed: 'mend the cluster, then retry it in its rollout, or merge a newer change.',
  deferred: 'merge a newer change; it is taken along then.',
  skipped: 'merge a newer change; it is taken along then.',
  pinned: 'nothing, until it expires; remove it to let the cluster follow now.',
  'pin-expired': 'remove it to let the cluster follow, or give it a later date. It holds on until then: time alone moves no cluster.',
  'opted-out': 'remove the opt-out to let it follow.',
  'never-selected': 'merge a change that takes it along.',
  unreachable: 'make it reachable, then retry it in its rollout, or merge a newer change.',
};

type Many = Extract<DriftGroup, { kind: 'many' }>;

function manyTitle({ drifts, dataPlane, of }: Many): string {
  const where = dataPlane === undefined ? '' : ` on data plane ${plainName(dataPlane)}`;
  const what = of === undefined ? 'differ from what they should be' : `: each ${KIND_WORDS[of]}`;
  return `Drift: ${plural(drifts.length, 'cluster')}${where}${of === undefined ? ' ' : ''}${what}`;
}

function manyParts({ drifts }: Many): readonly Part[] {
  return [
    `⚠️ ${plural(drifts.length, 'drift')} in one issue, because there are more than \`spec.drift.maxIssues\` of the Fleet allows one by one.`,
    {
      heads: ['What', 'Data plane', 'Drift', 'Since'],
      rows: drifts.map((drift) => [
        code(drift.cluster ?? drift.dataPlane),
        code(drift.dataPlane),
        driftWords(drift),
        formatInstant(drift.since),
      ]),
      of: ['drift', 'drifts'],
      rest: 'The pages of the bot show all.',
      summary: undefined,
    },
    '**Next:** so many at once most often have one cause: look for it before mending one by one. This issue closes by itself.',
  ];
}

function driftWords({ kinds, differences, lagging }: Drift): string {
  const what = kinds.map((kind) => KIND_WORDS[kind]).join(', ');
  if (lagging !== undefined) return `${what}: ${LAGGING_WORDS[lagging.reason]}`;
  return differences.length === 0 ? what : `${what}: ${differenceWords(differences)}`;
}
