import { table } from './markdown.ts';
import {
  BROKER_STATE_WORDS,
  BUDGET_WORDS,
  CHANGE_WORDS,
  DRIFT_WORDS,
  EXCLUSION_WORDS,
  HOLD_WORDS,
  INTENT_WORDS,
  LAGGING_WORDS,
  LIMIT_WORDS,
  OVERRIDE_WORDS,
  PHASE_STATUS_WORDS,
  PROOF_WORDS,
  RISK_WORDS,
  ROLLOUT_KIND_WORDS,
  ROLLOUT_STATUS_WORDS,
  RULE_EFFECT_WORDS,
  RULE_WORDS,
  STOP_CAUSE_WORDS,
  STOP_LETS_WORDS,
  STOP_SCOPE_WORDS,
  TARGET_STATUS_WORDS,
  URGENCY_WORDS,
  VERB_WORDS,
  type Vocabulary,
  type Words,
} from './words.ts';

/** The nouns, in the order in which a newcomer meets them. */
const NOUNS: readonly (readonly [word: string, meaning: string])[] = [
  ['fleet', 'All that one manifest repository describes.'],
  ['product', 'A kind of software that is rolled out: `kafka`, `connect`, `ksqldb`, `schema-registry`.'],
  ['cluster', 'One instance of a product: the unit that is upgraded. Never the Kubernetes cluster.'],
  ['data plane', 'Where clusters run, and how they are reached.'],
  ['release', 'The version and configuration of a product for a selection of clusters.'],
  ['desired spec', 'What one cluster should run. Its hash is the **revision**.'],
  ['strategy', 'How a change travels: phases, concurrency, soak, bake, approvals, budgets.'],
  ['ledger', 'What is known of each cluster: what it was proven at, what it was last seen to run, what failed there.'],
  ['plan', 'What a commit would move, and how: desired minus ledger. Its hash is the **digest**.'],
  ['rollout', "The execution of one release's part of a plan."],
  ['phase', 'An ordered stage of a rollout.'],
  ['target', 'A cluster that a rollout moves.'],
  ['order', 'The instruction to a data plane: this cluster should be at this revision. Its **epoch** fences off older ones.'],
  ['observation', 'What a data plane reports of a cluster. Unknown is a value.'],
  ['soak', 'How long one cluster must be seen healthy before it counts. It keeps its slots meanwhile.'],
  ['bake', 'How long a phase waits after all its clusters have soaked. It holds no slots.'],
  ['guard', 'How long succeeded clusters are watched after their rollout has ended.'],
  ['stop', 'Why nothing may move forward in a scope: cause, who, why, until when.'],
  ['quarantine', 'The stop on a version that failed.'],
  ['probe', 'A retry: it may try a version in quarantine, and ends that when it soaks.'],
  ['rescue', 'A cluster that was left failed or half-way: it goes before its turn.'],
  ['hold', 'Why a cluster does not move now, and when that could change.'],
  ['drift', 'A difference between desired and observed outside of any rollout.'],
  [
    'command',
    'What a person asks. It is **accepted** when it is stored, and carried out by the next decision; its **outcome** is kept with it.',
  ],
  ['tick', 'One pass of the main loop.'],
  ['replica', 'One of several bots that share a database.'],
  ['lease', "What makes a fleet one replica's to work on, for some seconds. Its **token** fences off whoever held it before."],
];

const SECTIONS: readonly (readonly [title: string, vocabulary: Vocabulary<string>])[] = [
  ['Status of a rollout', ROLLOUT_STATUS_WORDS],
  ['Status of a phase', PHASE_STATUS_WORDS],
  ['Status of a target', TARGET_STATUS_WORDS],
  ['State of a broker', BROKER_STATE_WORDS],
  ['Why a cluster waits', HOLD_WORDS],
  ['Why something is stopped', STOP_CAUSE_WORDS],
  ['What a stop is over', STOP_SCOPE_WORDS],
  ['What passes a stop', STOP_LETS_WORDS],
  ['Commands', VERB_WORDS],
  ['What a person has set aside', OVERRIDE_WORDS],
  ['Kinds of rollouts', ROLLOUT_KIND_WORDS],
  ['What a rollout is for', INTENT_WORDS],
  ['Urgency', URGENCY_WORDS],
  ['Why a cluster is a target', CHANGE_WORDS],
  ['Why a cluster is left alone', EXCLUSION_WORDS],
  ['Limits', LIMIT_WORDS],
  ['Budgets', BUDGET_WORDS],
  ['Risks of a plan', RISK_WORDS],
  ['Rules', RULE_WORDS],
  ['What a change of the rules does', RULE_EFFECT_WORDS],
  ['Proofs in the ledger', PROOF_WORDS],
  ['Kinds of drift', DRIFT_WORDS],
  ['Why a cluster lags', LAGGING_WORDS],
];

/** The words of the product, as pages, comments and the command line use them. `docs/glossary.md` is this text. */
export function renderGlossary(): string {
  const parts = SECTIONS.flatMap(([title, vocabulary]) => [`## ${title}`, sectionTable(vocabulary)]);
  return `${[
    '# Glossary',
    'One word for each idea. The tables are made from the ones that pages, comments and the command line read; a test keeps this page equal to them.',
    table(
      ['Word', 'Meaning'],
      NOUNS.map(([word, meaning]) => [`**${word}**`, meaning]),
    ),
    ...parts,
  ].join('\n\n')}\n`;
}

/** The word in data and API, the one for people, what it means. */
function sectionTable(vocabulary: Vocabulary<string>): string {
  const rows = Object.entries(vocabulary).map(([word, words]) => [`\`${word}\``, labelOf(words), words.meaning]);
  return table(['In data', 'For people', 'Meaning'], rows);
}

const labelOf = (words: Words): string => ('icon' in words ? `${words.icon} ${words.label}` : words.label);
