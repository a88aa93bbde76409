import { type Drift, isOutage } from '../drift/drift.ts';
import type { DriftGroup } from '../drift/group-drifts.ts';
import { assertNever } from '../model/assert.ts';
import { formatInstant, type Instant } from '../model/time.ts';
import { layOut, type Part } from './lay-out.ts';
import { code, inert, plural, prose } from './markdown.ts';
import { differenceWords, valueWords } from './plan-words.ts';
import { DRIFT_WORDS, LAGGING_WORDS } from './words.ts';

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

/** Why an issue is closed: nothing drifts any more, it is told elsewhere, or somebody wants it so. */
export type DriftEnd = 'resolved' | 'told-elsewhere' | 'intended';

const END_WORDS: Readonly<Record<DriftEnd, string>> = {
  resolved: '✅ Resolved at AT: nothing is left to report. This issue reopens if the drift recurs.',
  'told-elsewhere': 'ℹ️ Not resolved. Closed at AT, because it is reported in another issue now.',
  intended: 'ℹ️ Not resolved. Closed at AT, because a pin or an opt-out makes it intentional. This issue reopens when that expires.',
};

/** What an open issue said, as it was written. */
export interface WrittenIssue {
  readonly title: string;
  readonly body: string;
}

/** The same issue once it is over: with the title by which it is found years later, and what was seen last. */
export function renderClosedDriftIssue(key: string, end: DriftEnd, now: Instant, last: WrittenIssue | undefined): WrittenIssue {
  const [, name = key] = key.split(':');
  const evidence = last?.body.replaceAll(driftMarker(key), '').trim() ?? '';
  return {
    title: last?.title ?? `Drift: ${plainName(key.startsWith('group:') ? key.slice('group:'.length) : name)}`,
    body: layOut([
      `${driftMarker(key)}\n${END_WORDS[end].replace('AT', formatInstant(now))}`,
      ...(evidence === '' ? [] : [`**What was seen last**\n\n${evidence}`]),
    ]),
  };
}

/** A title is plain text to GitHub; a cluster's name cannot hold anything that it would turn into a link. */
const plainName = (name: string): string => name.replace(/[^A-Za-z0-9*:._-]/g, '').slice(0, 120);

const subjectOf = (drift: Drift): string => plainName(drift.cluster ?? drift.dataPlane);

function singleTitle(drift: Drift): string {
  const [kind = 'version'] = drift.kinds;
  return `${isOutage(drift) ? 'Outage' : 'Drift'}: ${drift.cluster === undefined ? 'data plane ' : ''}${subjectOf(drift)} ${drift.lagging?.reason === 'half-way' ? 'is half-way' : DRIFT_WORDS[kind].label}`;
}

function singleParts(drift: Drift): readonly Part[] {
  const { cluster, dataPlane, product, differences, lagging, kinds, since, detail } = drift;
  const who =
    cluster === undefined
      ? `Data plane ${code(dataPlane)}`
      : `${code(cluster)}${product === undefined ? '' : ` (${inert(product)})`} on ${code(dataPlane)}`;
  const what = kinds.map((kind) => DRIFT_WORDS[kind].label).join(', and ');
  return [
    `⚠️ ${who} ${what}. First seen ${formatInstant(since)}.`,
    ...(detail === undefined ? [] : [`${prose(detail)}.`]),
    ...(lagging === undefined
      ? []
      : [`**Why it lags:** ${LAGGING_WORDS[lagging.reason].meaning.replace(/\.$/, '')}: ${prose(lagging.words)}.`]),
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

/** What can be done, so that nobody has to find out at night. The gravest kind decides; the table says the others. */
function choices({ kinds, lagging }: Drift): string {
  const [first = 'version'] = kinds;
  return `**Next:** ${lagging === undefined ? DRIFT_WORDS[first].next : LAGGING_WORDS[lagging.reason].next}`;
}

type Many = Extract<DriftGroup, { kind: 'many' }>;

function manyTitle({ drifts, dataPlane, of }: Many): string {
  const where = dataPlane === undefined ? '' : ` on data plane ${plainName(dataPlane)}`;
  const what = of === undefined ? 'differ from what they should be' : `: each ${DRIFT_WORDS[of].label}`;
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
    '**Next:** so many at once mostly have one cause: look for that before you fix them one by one. This issue closes by itself.',
  ];
}

function driftWords({ kinds, differences, lagging }: Drift): string {
  const what = kinds.map((kind) => DRIFT_WORDS[kind].label).join(', ');
  if (lagging !== undefined) return `${what}: ${LAGGING_WORDS[lagging.reason].label}`;
  return differences.length === 0 ? what : `${what}: ${differenceWords(differences)}`;
}
