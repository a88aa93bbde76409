import { formatDuration, formatInstant } from '../model/time.ts';
import { type Consent, isAgreed } from '../rules/consent.ts';
import type { RuleApprovers, RuleChange, RulesReview } from '../rules/rule-change.ts';
import type { Part } from './lay-out.ts';
import { code, inert, names, plain, plural, prose } from './markdown.ts';
import { RULE_EFFECT_WORDS, RULE_WORDS } from './words.ts';

/** What is known of the rules: how they change, or that those in force cannot be read to compare them. */
export type RulesView = RulesReview | 'not-comparable';

/** Does anybody lose protection? Then somebody whom the rules in force name must agree. */
export const losesProtection = (rules: RulesView | undefined): rules is RulesReview =>
  rules !== undefined && rules !== 'not-comparable' && rules.losing.length > 0;

/** `Changes the rules: 2 windows and 1 freeze removed; 14 clusters lose protection`. Plain text, nothing of others in it. */
export function rulesVerdict(rules: RulesView): string {
  if (rules === 'not-comparable') return 'May change the rules: those in force cannot be read';
  const { changes, losing } = rules;
  const lost = [
    counted(changes, 'loses', ({ after }) => after === undefined, 'removed'),
    counted(changes, 'loses', ({ before, after }) => before !== undefined && after !== undefined, 'loosened'),
    counted(changes, 'loses', ({ before }) => before === undefined, 'added'),
  ];
  const rest = [
    counted(changes, 'gains', ({ before }) => before === undefined, 'added'),
    counted(changes, 'gains', ({ before }) => before !== undefined, 'stricter'),
    counted(changes, 'other', () => true, 'different'),
  ];
  // What is gained beside a loss can wait for the table.
  const counts = (losing.length > 0 ? lost : rest).filter((words) => words !== '');
  const loses =
    losing.length === 0
      ? 'no cluster loses protection'
      : `${plural(losing.length, 'cluster')} ${losing.length === 1 ? 'loses' : 'lose'} protection`;
  return `Changes the rules: ${counts.join(', ')}; ${loses}`;
}

/** `2 windows, 1 freeze and 1 approval removed`: each rule once, however many rows it has. */
function counted(
  changes: readonly RuleChange[],
  effect: RuleChange['effect'],
  isMeant: (change: RuleChange) => boolean,
  done: string,
): string {
  const names = new Map<RuleChange['kind'], Set<string>>();
  for (const change of changes) {
    if (change.effect !== effect || !isMeant(change)) continue;
    const known = names.get(change.kind) ?? new Set();
    names.set(change.kind, known.add(change.name));
  }
  const parts = [...names].map(([kind, { size }]) => plural(size, RULE_WORDS[kind].label));
  const last = parts.pop();
  if (last === undefined) return '';
  return `${parts.length === 0 ? last : `${parts.join(', ')} and ${last}`} ${done}`;
}

const CLUSTERS_NAMED_MAX = 3;

/** Before, after and the clusters concerned, and who must agree. */
export function rulesParts(rules: RulesView, consent?: Consent): readonly Part[] {
  if (rules === 'not-comparable')
    return [
      '⚠️ The commit whose rules are in force is gone from the repository, so nobody can say which rules this changes. Read it for yourself.',
    ];
  const { changes } = rules;
  return [
    '**Rules that change**',
    {
      summary: undefined,
      heads: ['', 'Rule', 'Before', 'After', 'Clusters'],
      rows: changes.map(({ kind, name, effect, before, after, clusters }) => [
        `${RULE_EFFECT_WORDS[effect].icon} ${RULE_EFFECT_WORDS[effect].label}`,
        `${RULE_WORDS[kind].label} ${code(name)}`,
        before === undefined ? 'none' : inert(before),
        after === undefined ? 'none' : inert(after),
        `${clusters.length}: ${names(clusters, CLUSTERS_NAMED_MAX)}`,
      ]),
      of: ['change', 'changes'],
      rest: 'Run `npx flotilla plan` to see all.',
    },
    ...consentParts(rules, consent),
  ];
}

/** Who has to agree, how, and who has: by the rules in force, in which the change itself has no say. */
function consentParts({ losing, approvers, digest }: RulesReview, consent: Consent | undefined): readonly Part[] {
  if (losing.length === 0) return [];
  const lost = plural(losing.length, 'cluster');
  const given = consent?.given ?? [];
  const notCounted = (consent?.notCounted ?? []).map(
    ({ by, why }) => `- ${code(by)} has approved this too, which does not count: ${prose(why)}.`,
  );
  if (consent !== undefined && isAgreed(consent))
    return [
      [
        `✅ **Approved**: ${lost} may lose protection, by the word of`,
        '',
        ...given.map(approvalLine),
        ...notCounted,
        '',
        'That holds until a push changes which rules change, or for whom.',
      ].join('\n'),
    ];
  const { count } = approvers;
  const still = given.length === 0 ? '' : ` So far ${given.length} ${given.length === 1 ? 'has' : 'have'}:`;
  return [
    [
      `✋ **Needs ${plural(count, 'approval')} before the merge**, because ${lost} would lose protection: by ${approversWords(approvers)}. The rules in force say who, not this change.${still}`,
      ...(given.length + notCounted.length === 0 ? [] : ['', ...given.map(approvalLine), ...notCounted]),
    ].join('\n'),
    [
      `To approve, press the button of the check \`flotilla / plan\`, ${approvers.reviews ? 'approve the newest commit in a review, ' : ''}or comment, on a line of its own:`,
      '',
      '```',
      `/fleet approve ${digest}`,
      '```',
    ].join('\n'),
  ];
}

const approvalLine = ({ by, at, because, source, until }: Consent['given'][number]): string =>
  `- ${code(by)}, ${source === 'review' ? 'in a review, ' : ''}${formatInstant(at)} (${prose(because)})${until === undefined ? '' : `, counts until ${formatInstant(until)}`}`;

function approversWords({ teams, users, maintainers, notAuthor, validForMs }: RuleApprovers): string {
  const who = maintainers
    ? 'a maintainer or an admin of the repository, as the rules name nobody'
    : [...teams.map((team) => `team ${code(team)}`), ...users.map(code)].join(' or ');
  const expires = validForMs === undefined ? '' : ` (an approval counts for ${formatDuration(validForMs)})`;
  return `${who}${notAuthor ? ', nobody who took part in the change' : ''}${expires}`;
}

/** For a terminal: one line for each change. */
export function rulesLines(rules: RulesReview): readonly string[] {
  return [
    rulesVerdict(rules),
    ...rules.changes.map(({ kind, name, effect, before, after, clusters }) =>
      plain(
        `${effect === 'loses' ? '!' : '-'} ${RULE_EFFECT_WORDS[effect].label}: ${RULE_WORDS[kind].label} ${name}: ${before ?? 'none'} -> ${after ?? 'none'} (${clusters.join(', ')})`,
      ),
    ),
  ];
}
