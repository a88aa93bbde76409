/** One kind of problem. */
export interface CodeEntry {
  readonly severity: 'error' | 'warning';
  /** What makes it appear; a full sentence. */
  readonly cause: string;
  /** What to do about it; a full sentence. */
  readonly fix: string;
}

const error = (cause: string, fix: string): CodeEntry => ({ severity: 'error', cause, fix });
const warning = (cause: string, fix: string): CodeEntry => ({ severity: 'warning', cause, fix });

/** Every code that a manifest can be given, for ever: a code may be added, but never change its meaning. */
export const CODES = {
  // The file as a whole.
  'file/not-utf8': error('The file is not UTF-8 text.', 'Save it as UTF-8.'),
  'file/link': error(
    'A symbolic link or a submodule stands where a manifest, or a folder of them, could be. What is behind it is not part of the commit.',
    'Commit the files themselves, or list the path in `ignore` of the Fleet.',
  ),
  'file/lfs-pointer': error(
    'The file is a pointer of Git LFS, and not the manifest that it stands for.',
    'Keep YAML out of LFS: remove the pattern from `.gitattributes`, and run `git add --renormalize .`.',
  ),
  'limit/file-size': error('The file is larger than 1 MiB.', 'Split it into several files; any layout of folders is allowed.'),
  'limit/documents': error('The file holds more than 5,000 documents.', 'Split it into several files.'),
  'limit/values': error('A document has more than 20,000 keys and list items.', 'Split it.'),
  'limit/depth': error(
    'Maps and lists are nested deeper than 32 levels, or a line is indented by more than 200 columns.',
    'Write it flatter.',
  ),
  'limit/keys': error('A map has more than 1,000 keys.', 'Remove some; no field of a manifest takes that many.'),
  'limit/items': error('A list has more than 2,000 items.', 'Remove some; no field of a manifest takes that many.'),
  'limit/problems': error('There are more problems than are listed.', 'Fix those that are listed, and the others are shown next.'),
  'limit/schedules': error(
    'The recurrence rules of windows and freezes look at more than 100,000 days to find out when they open.',
    'Use fewer rules that open years apart.',
  ),
  'limit/files': error('The manifest root holds more than 250,000 YAML files.', 'Put several documents into one file.'),
  'limit/clusters': error('The fleet has more than 200,000 clusters.', 'Split it over several repositories; each is a fleet.'),

  // YAML.
  'yaml/syntax': error('The text is not valid YAML.', 'See the message; most often an indentation, a quote or a colon is wrong.'),
  'yaml/tab': error('A line is indented by a tab.', 'Indent by spaces.'),
  'yaml/space': error(
    'A space that is no plain one, such as a no-break space, stands where YAML wants a plain space.',
    'Replace it by a plain space.',
  ),
  'yaml/template': error(
    'The text holds the braces of a template (`{{ }}`, `{% %}`) outside of quotes. The bot renders no templates.',
    'Commit what the template renders to.',
  ),
  'yaml/line-ending': error('A line ends in a lone carriage return.', 'Save the file with LF or CRLF line ends.'),
  'yaml/hidden-character': error(
    'The text holds a control character, or one that changes the direction of text, so that people and programs read different things.',
    'Remove it.',
  ),
  'yaml/duplicate-key': error('A map has the same key twice.', 'Keep one of the two.'),
  'yaml/key': error(
    'A key is not plain text, or is a name that programs misuse (`__proto__`, `constructor`, `prototype`).',
    'Rename it, or put it in quotes.',
  ),
  'yaml/merge-key': error('A map uses the merge key `<<`.', 'Write the fields out.'),
  'yaml/alias': error(
    'The text uses an anchor (`&name`) or an alias (`*name`).',
    'Write the value out at each place, so that a line means what it shows.',
  ),
  'yaml/tag': error('The text uses a tag (`!name`, `!!str`).', 'Remove it; for text, use quotes.'),
  'yaml/directive': error('The text uses a directive (`%YAML`, `%TAG`).', 'Remove it; manifests are YAML 1.2.'),
  'yaml/reading': error(
    'A setting without quotes is read as something else than what is written: `3.10` as the number 3.1, `0640` as 640, `no` as false or as text.',
    'Put it in quotes, or write what it is read as.',
  ),
  'yaml/number': error('A number cannot be held exactly, or is not finite.', 'Put it in quotes if it is text, or write a smaller number.'),

  // Shape of a document.
  'schema/unknown-api-version': error('`apiVersion` is none that is known.', 'Write `apiVersion: flotilla.dev/v1`.'),
  'schema/unknown-kind': error(
    '`kind` is none that is known.',
    'Use one of the kinds listed above; a YAML file that is no manifest belongs into `ignore` of the Fleet.',
  ),
  'schema/type': error(
    'A value has the wrong type; the usual trap is an unquoted version (3.10 is the number 3.1) or `yes` for `true`.',
    'See the hint.',
  ),
  'schema/unknown-field': error('A field is not known at this place.', 'Correct its spelling, or remove it.'),
  'schema/missing-field': error('A required field is missing.', 'Add it.'),
  'schema/choice': error('Of several fields exactly one (or one group) must be given.', 'Give one of them and remove the others.'),
  'schema/pattern': error('A text does not have the required form.', 'See the hint, which describes the form.'),
  'schema/value': error('A value is none of those allowed.', 'Use one of the values listed.'),
  'schema/range': error('A number is too small or too large.', 'Use a number within the limits.'),
  'schema/length': error('A text, list or map is too short or too long.', 'See the hint.'),
  'schema/duplicate-item': error('A list has the same item twice.', 'Remove one.'),

  // Names and references.
  'fleet-missing': error('No document of kind Fleet.', 'Add one; the fleet has exactly one.'),
  'fleet-duplicate': error('More than one document of kind Fleet.', 'Keep one; to run several fleets, use several repositories.'),
  'duplicate-name': error('Two documents of one kind have the same name.', 'Rename or remove one of them.'),
  'duplicate-entry': error('Two entries of a list have the same name.', 'Rename or remove one of them.'),
  'unknown-product': error('No Product has this name.', 'Correct the name, or add the Product.'),
  'unknown-strategy': error('No Strategy has this name.', 'Correct the name, or add the Strategy.'),
  'unknown-data-plane': error('The Fleet lists no data plane of this name.', 'Correct the name, or add it to `dataPlanes` of the Fleet.'),
  'unknown-cluster': error('No Cluster has this name.', 'Correct the name, or remove it.'),
  'unknown-phase': error('No strategy has a phase of this name.', 'Correct the name, or remove it.'),
  'unknown-version': error('The Product does not list this version.', 'Add it to `versions` of the Product, or use a listed one.'),
  'withdrawn-version': error('The Product has withdrawn this version.', 'Use another version.'),
  'requires-cycle': error('Products require each other in a circle, so that none could go first.', 'Remove one of the links.'),
  'selector-values': error('`In` and `NotIn` need `values`; `Exists` and `DoesNotExist` take none.', 'Add or remove `values`.'),
  'unknown-label': warning(
    'A selector asks for a label, or a value of one, that no cluster has. An error where clusters are left without a release, or a phase without its canary, by that.',
    'Correct it, or give a cluster that label.',
  ),
  'ignore-unused': warning('A glob of `ignore` matches no file.', 'Correct or remove it.'),

  // Which release and phase a cluster is in.
  'cluster-unselected': error(
    'No release selects the cluster, so nothing says what it should run.',
    'Add a release that selects it, or change its labels.',
  ),
  'cluster-selected-twice': error('Several releases select the cluster.', 'Narrow their selections, so that one is left.'),
  'cluster-in-no-phase': error('The strategy puts the cluster in no phase.', 'Add a phase with `rest: true`.'),
  'cluster-in-two-phases': error('Two phases of the strategy select the cluster.', 'Narrow their selections.'),
  'canary-empty': error(
    'A canary phase would have no cluster, so nothing would be tried first.',
    'Label a cluster for it, or remove `canary: true`.',
  ),
  'release-empty': warning('The release selects no cluster.', 'Correct its selection, or remove it.'),
  'rule-unused': warning('The window, freeze or operation concerns no cluster.', 'Correct its selection; until then it protects nobody.'),
  'exception-not-selected': error(
    'An exception names a cluster that its release does not select.',
    'Move it to the release that does, or remove the name.',
  ),
  'exception-twice': error('Two exceptions of a release name the same cluster.', 'Keep one.'),

  // Strategies and approvals.
  'two-rest-phases': error('Two phases take the rest.', 'Keep one.'),
  'no-rest-phase': error(
    'Cohorts without a phase that takes the rest: percentages round down, so clusters would be left in no phase.',
    'Add a phase with `rest: true`.',
  ),
  'cohorts-over-100': error('The cohorts of a strategy add up to more than 100 %.', 'Lower them; each is a share of the same pool.'),
  'order-without-label': error('Order by label without a label, or a label without order by label.', 'Give both, or neither.'),
  'nobody-may-approve': error(
    'An approval that nobody could give: neither teams nor users, or fewer users than it needs.',
    'Add `teams` or `users`.',
  ),
  'nobody-may-command': error('A rule about commands with neither teams nor users.', 'Add `teams` or `users`.'),

  // Time.
  'pin-expired': warning(
    'The pin of a cluster is past its expiry. It still holds: time alone moves no cluster.',
    'Remove it, or give it a later date.',
  ),
  'exception-expired': warning(
    'An exception is past its expiry. It still holds: time alone moves no cluster.',
    'Remove it, or give it a later date.',
  ),
  'opt-out-expired': warning(
    'An opt-out is past its expiry. It still holds: time alone moves no cluster.',
    'Remove it, or give it a later date.',
  ),
  'canary-waiver-expired': warning(
    'The canary waiver of a release is past its expiry. It still holds: time alone stops nothing.',
    'Remove it, or give it a later date.',
  ),
  'unknown-time-zone': error('No time zone has this name.', 'Use a name of the IANA list, such as `Europe/Berlin`.'),
  'bad-schedule': error('A cron expression or recurrence rule cannot be understood.', 'See the message.'),
  'never-opens': error('A schedule has no next time, or none in five years.', 'Correct the day or month.'),
  'zero-duration': error('A duration of zero where time is needed.', 'Give it a length.'),
  'freeze-backwards': error('A freeze ends before it begins.', 'Exchange or correct `from` and `to`.'),

  // Found while planning.
  'illegal-jump': error(
    'A cluster would skip versions that its Product says must not be skipped, or go back too far.',
    'Go step by step, as the hint says.',
  ),
  'empty-canary': error(
    'Clusters would get a version that no canary can try: all clusters of the canary phase are pinned or opted out, and none of them runs it.',
    'Let a canary come along, or say in the Release why it may go without: `canaryWaiver` with `reason` and `expires`.',
  ),
  'product-changed': error('A cluster changes its product.', 'Put it back, or describe the new cluster under a new name.'),
  'unplaced-change': error(
    'The strategy puts a changed cluster in no phase, or in two.',
    'Add a phase with `rest: true`, and let no two phases select the same labels.',
  ),
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof CODES;
