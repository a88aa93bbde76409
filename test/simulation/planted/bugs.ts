/** A bug that somebody could make: one place of the source, written a little differently. */
export interface PlantedBug {
  readonly name: string;
  /** Under `src`. */
  readonly file: string;
  /** Occurs there exactly once. */
  readonly find: string;
  readonly replace: string;
}

const bug = (name: string, file: string, find: string, replace: string): PlantedBug => ({ name, file, find, replace });

const RECONCILE = 'core/reconcile';

export const PLANTED_BUGS: readonly PlantedBug[] = [
  // Starts.
  bug(
    'starts-in-freezes',
    `${RECONCILE}/gates.ts`,
    '  if (!verdict.open) return hold',
    "  if (!verdict.open && verdict.rule.kind === 'window') return hold",
  ),
  bug(
    'rescue-ignores-freezes',
    `${RECONCILE}/gates.ts`,
    '  const verdict = calendarVerdict(fleet.calendar, {',
    '  if (draft.target(cluster).rescue) return undefined;\n  const verdict = calendarVerdict(fleet.calendar, {',
  ),
  bug('calendar-blind-to-labels', `${RECONCILE}/gates.ts`, '    labels: fleet.desired(cluster)?.labels ?? {},', '    labels: {},'),
  bug('allow-rollback-flipped', 'core/calendar/read-rules.ts', 'allowRollback = true', 'allowRollback = false'),
  bug(
    'rollbacks-pass-every-freeze',
    'core/calendar/calendar-gate.ts',
    "(question.kind === 'rollback' && rule.allowRollback)",
    "question.kind === 'rollback'",
  ),
  bug(
    'starts-blind',
    `${RECONCILE}/gates.ts`,
    '  if (sighting.seen) return { wait: undefined, validUntil: sighting.staleAt };',
    '  if (draft.now > 0) return undefined;\n  if (sighting.seen) return { wait: undefined, validUntil: sighting.staleAt };',
  ),
  bug(
    'ignores-the-upgrade-path',
    `${RECONCILE}/gates.ts`,
    '    if (!check.ok) return hold',
    '    if (!check.ok && draft.now < 0) return hold',
  ),
  bug(
    'path-of-one-broker',
    `${RECONCILE}/gates.ts`,
    'new Set([seen.running.version, ...seen.brokers.map((broker) => broker.version)])',
    'new Set([seen.brokers[0]?.version ?? seen.running.version])',
  ),
  bug('ignores-the-interval', `${RECONCILE}/gates.ts`, '  return now >= until', '  return now > 0'),
  bug(
    'two-rollouts-move-one-cluster',
    `${RECONCILE}/gates.ts`,
    'return other === undefined || other === draft ? undefined',
    'return draft.now > 0 || other === undefined || other === draft ? undefined',
  ),
  bug(
    'starts-under-stops',
    `${RECONCILE}/gates.ts`,
    '  return wait && { wait, validUntil: wait.until };',
    '  return wait && draft.now < 0 ? { wait, validUntil: wait.until } : undefined;',
  ),
  bug(
    'skip-ignores-the-order',
    `${RECONCILE}/proven.ts`,
    '?.revision === revision && isProvenUnderOrder(draft, cluster);',
    '?.revision === revision;',
  ),
  bug(
    'opt-out-during-rollout-ignored',
    `${RECONCILE}/follow.ts`,
    '  if (desired.optOut !== undefined) return',
    '  if (desired.optOut !== undefined && target.attempt < 0) return',
  ),
  bug(
    'leavers-are-rolled',
    `${RECONCILE}/follow.ts`,
    "  if (desired === undefined) return become(target, 'removed', now",
    "  if (desired === undefined && now < 0) return become(target, 'removed', now",
  ),
  bug('nobody-wants-it-any-more', `${RECONCILE}/follow.ts`, 'if (desired.revision !== planned.revision) {', 'if (now < 0) {'),
  // Limits.
  bug(
    'phase-limit-off-by-one',
    `${RECONCILE}/slots.ts`,
    'if (tally.inFlight >= planned.maxConcurrent.count)',
    'if (tally.inFlight > planned.maxConcurrent.count)',
  ),
  bug(
    'fleet-limit-off-by-one',
    `${RECONCILE}/slots.ts`,
    'return draft.fleet.load.fleet >= fleetMaxConcurrent ?',
    'return draft.fleet.load.fleet > fleetMaxConcurrent ?',
  ),
  bug(
    'data-plane-limit-ignored',
    `${RECONCILE}/gates.ts`,
    'limit === undefined || !draft.fleet.isFull(dataPlane)',
    'limit === undefined || limit > 0',
  ),
  bug(
    'release-limit-off-by-one',
    `${RECONCILE}/slots.ts`,
    'release !== undefined && draft.tally.inFlight >= release.count.count',
    'release !== undefined && draft.tally.inFlight > release.count.count',
  ),
  bug('rescue-limit-off-by-one', `${RECONCILE}/slots.ts`, 'draft.rescuing >= own.count.count', 'draft.rescuing > own.count.count'),
  bug('soak-keeps-no-slot', `${RECONCILE}/state.ts`, "  soaking: 'in-flight',", "  soaking: 'ahead',"),
  // Order of things.
  bug(
    'only-the-first-required-product',
    `${RECONCILE}/phases.ts`,
    'requires.includes(other.planned.product)',
    'requires[0] === other.planned.product',
  ),
  bug(
    'required-products-ignored',
    `${RECONCILE}/phases.ts`,
    "if (kind === 'rollback' || requires.length === 0) return undefined;",
    'if (kind !== undefined) return undefined;',
  ),
  bug('bake-skipped', `${RECONCILE}/phases.ts`, 'isLast || isExpedited(draft, phase.planned.name) ? 0', 'isLast || draft.now > 0 ? 0'),
  bug(
    'approval-before-ignored',
    `${RECONCILE}/phases.ts`,
    "  if (missingApproval(draft, phase, 'before') === undefined) {",
    '  if (draft.now > 0) {',
  ),
  bug(
    'approval-by-one-person',
    `${RECONCILE}/phases.ts`,
    'return given.length >= approval.count ?',
    'return given.length >= Math.min(1, approval.count) ?',
  ),
  bug(
    'phases-at-once',
    `${RECONCILE}/phases.ts`,
    '    if (earlier.tally.unsettled > 0 || !isPhaseOver(earlier.state)) return earlier;',
    '    if (earlier.tally.waiting > 0) return earlier;',
  ),
  bug(
    'a-skipped-canary-proves',
    `${RECONCILE}/phases.ts`,
    "return proven?.proof === 'soaked' && proven.revision === draft.plannedTarget(cluster).revision;",
    "return proven !== undefined && status === 'skipped';",
  ),
  // Evidence.
  bug(
    'believes-what-is-claimed',
    'core/evidence/classify.ts',
    'observation.rolled && observation.healthy && isReady && contradiction === undefined',
    'observation.rolled && observation.healthy',
  ),
  bug(
    'soak-from-the-order',
    `${RECONCILE}/advance.ts`,
    '  const soakedAt = instant(healthySince + soakMs);',
    '  const soakedAt = instant(Math.min(healthySince, target.startedAt ?? healthySince) + soakMs);',
  ),
  bug(
    'soak-counts-the-unseen',
    `${RECONCILE}/advance.ts`,
    'return gapMs > evidenceMaxAgeMs ? instant(since + gapMs) : since;',
    'return gapMs < 0 ? instant(since + gapMs) : since;',
  ),
  bug('soak-goes-on-when-unhealthy', `${RECONCILE}/advance.ts`, '    healthySince: undefined,\n', ''),
  // Orders.
  bug(
    'epoch-ignores-what-was-accepted',
    `${RECONCILE}/orders.ts`,
    'standing?.reply?.seen ?? 0, draft.target(cluster).epoch, accepted) + 1',
    'draft.target(cluster).epoch) + 1',
  ),
  bug(
    'stale-reply-ignored',
    `${RECONCILE}/orders.ts`,
    "const refusedForGood = order?.reply?.kind === 'stale';",
    "const refusedForGood = order?.reply?.kind === 'stale' && draft.now < 0;",
  ),
  bug(
    'never-sends-again',
    `${RECONCILE}/orders.ts`,
    '  if (reply === undefined || seen === undefined) return false;',
    '  if (epoch > 0 || reply === undefined || seen === undefined) return false;',
  ),
  bug(
    'keep-order-asks-no-stops',
    `${RECONCILE}/orders.ts`,
    'return !draft.isWindingDown && !draft.isFinished && draft.stopsOver(cluster).length === 0;',
    'return !draft.isWindingDown && !draft.isFinished;',
  ),
  bug(
    'failed-ones-may-run-on',
    `${RECONCILE}/orders.ts`,
    "    case 'failed':\n    case 'deferred':\n    case 'skipped':\n    case 'removed':",
    "    case 'failed':\n      return undefined;\n    case 'deferred':\n    case 'skipped':\n    case 'removed':",
  ),
  bug('aborted-ones-run-on', `${RECONCILE}/orders.ts`, 'return !draft.isWindingDown && !draft.isFinished && draft', 'return draft'),
  // Budgets and stops.
  bug(
    'budget-off-by-one',
    `${RECONCILE}/budgets.ts`,
    'budget !== undefined && tally.spent[kind] > budget.count',
    'budget !== undefined && tally.spent[kind] > budget.count + 1',
  ),
  bug(
    'acknowledged-for-ever',
    `${RECONCILE}/tally.ts`,
    'acknowledged !== undefined && acknowledged.attempt === attempt && acknowledged.status === status;',
    'acknowledged !== undefined && attempt >= 0 && status !== undefined;',
  ),
  bug('quarantine-ignored', 'core/stop/scope.ts', 'movesTo(scope.traits, mover.spec, mover.proven)', 'scope.traits.length < 0'),
  bug('product-stop-of-nobody', 'core/stop/scope.ts', 'scope.product === mover.product;', 'scope.product === mover.release;'),
  bug('data-plane-stop-of-nobody', 'core/stop/scope.ts', 'scope.dataPlane === mover.dataPlane', 'scope.dataPlane === mover.release'),
  bug('probe-passes-every-stop', `${RECONCILE}/stops-over.ts`, "cause === 'quarantine'", 'cause !== undefined'),
  bug('every-stop-lets-rollbacks', `${RECONCILE}/stops-over.ts`, "stop.lets === 'rollbacks' && kind === 'rollback'", "kind === 'rollback'"),
  // Queue.
  bug(
    'pending-never-activated',
    `${RECONCILE}/queue.ts`,
    "  if (active === undefined) activate(newest, 'nothing of its release is under way');",
    '  if (active === undefined) return;',
  ),
  bug('two-active', `${RECONCILE}/queue.ts`, '    supersede(active, newest, why);\n', ''),
  bug(
    'never-coalesces',
    `${RECONCILE}/queue.ts`,
    '  for (const older of pending.slice(0, -1)) {',
    '  for (const older of pending.slice(0, -2)) {',
  ),
  // What is remembered.
  bug(
    'held-on-the-way-is-home',
    'core/plan/find-moves.ts',
    '!isProvenUnder(entry, order)',
    '!isProvenUnder(entry, order && { ...order, rollout: provenAt(entry)?.rollout })',
  ),
  bug(
    'broken-after-its-soak-is-home',
    'core/ledger/record.ts',
    '  if (hasBroken(entry)) return false;',
    '  if (hasBroken(entry) && order === undefined) return false;',
  ),
  bug(
    'ledger-not-written',
    `${RECONCILE}/record-outcome.ts`,
    "    ...prove(entry, { revision, spec, proof: 'soaked', at: now, rollout: draft.id, tookMs }),",
    '    ...entry,',
  ),
  bug(
    'plans-only-what-changed',
    'core/plan/find-moves.ts',
    'if (away && to.optOut === undefined) {',
    'if (away && to.optOut === undefined && change !== undefined) {',
  ),
  bug('opted-out-are-planned', 'core/plan/find-moves.ts', 'if (away && to.optOut === undefined) {', 'if (away) {'),
  bug('cannot-be-created-later', 'core/plan/find-moves.ts', "  if (runs === undefined) return 'create';\n", ''),
  bug(
    'policy-not-stored',
    'core/landing/land.ts',
    '    policy,\n    ledger: merged(observed, adoptRunning(',
    '    ledger: merged(observed, adoptRunning(',
  ),
  bug('rollouts-not-stored', 'core/landing/land.ts', '    ...started.change,\n', ''),
  bug('landing-not-in-history', 'core/landing/land.ts', 'clusters changed`), ...started.audit],', 'clusters changed`)].slice(1),'),
  bug('stops-not-in-history', 'core/change/record-decision.ts', ' || one.decision.changes.length > 0', ''),
  bug('jobs-not-asked-for', 'loop/commit.ts', '    jobs: followUps.map((followUp) => jobOf(fleet.id, followUp, at)),', '    jobs: [],'),
  bug('deliveries-not-asked-for', 'core/change/record-decision.ts', '...wake, ...deliveriesOf(actions), ', '...wake, '),
  bug(
    'deliver-drops-refusals',
    'loop/deliver-orders.ts',
    'await store.recordReplies(id, replies, at);',
    "await store.recordReplies(id, replies.filter(({ kind }) => kind === 'accepted'), at);",
  ),
  bug('memory-of-the-wrong-version', 'loop/commit.ts', 'version: fleet.version + 1, records: next', 'version: fleet.version + 1, records'),
  bug(
    'looks-for-nothing-of-ours',
    'ports/in-memory/code-host.ts',
    'const known = isThere ? comment.id : comment.id === undefined && comment.isNew === true ? undefined : this.#adoptComment(comment);',
    'const known = isThere ? comment.id : comment.id === undefined && comment.isNew === true ? undefined : undefined;',
  ),
  bug(
    'guard-forgotten',
    `${RECONCILE}/finish.ts`,
    'scalars.guardUntil = isGuarded ? instant(now + draft.planned.guardMs) : undefined;',
    'scalars.guardUntil = undefined;',
  ),
  bug('breaks-after-soak-unseen', `${RECONCILE}/guard.ts`, '  if (again && (crashLoop ||', '  if (now < 0 && again && (crashLoop ||'),
  // Commands of people.
  bug(
    'outcome-not-stored-with-the-state',
    'loop/carry-out-commands.ts',
    "    ...endedBy(given, { kind: 'done', at: now, changes, notes }),\n",
    '',
  ),
  bug(
    'carried-out-again-after-a-crash',
    'ports/in-memory/fleet-rows.ts',
    '    this.commands.set(command, storable({ ...accepted, outcome }));',
    '    if (this.record.version % 2 === 0) this.commands.set(command, storable({ ...accepted, outcome }));',
  ),
  bug(
    'key-forgotten',
    'ports/in-memory/fleet-rows.ts',
    'given.key === undefined ? undefined : [...this.commands',
    'given.givenAt > 0 ? undefined : [...this.commands',
  ),
  bug(
    'newest-command-first',
    'loop/carry-out-commands.ts',
    '  for (const waiting of await loop.ports.store.waitingCommands(id)) {\n    const { command } = waiting;\n    const by',
    '  for (const waiting of (await loop.ports.store.waitingCommands(id)).toReversed()) {\n    const { command } = waiting;\n    const by',
  ),
  bug('commands-taken-by-nobody', 'loop/tick.ts', '    await takeCommands(loop, id, decide);\n', ''),
  bug('command-without-a-job', 'loop/give-command.ts', '[commandJob(id, command)]', '[]'),
  bug(
    'giver-not-in-history',
    'loop/carry-out-commands.ts',
    '    audit: [commandLine(given, rollout, because), ...changes',
    '    audit: [...changes',
  ),
  bug(
    'abort-leaves-no-stop',
    'core/command/abort.ts',
    'if (traits.length === 0) return undefined;',
    'if (traits.length >= 0) return undefined;',
  ),
];
