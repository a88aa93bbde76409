import type { PlantedBug } from '../../planted/bugs.ts';

const bug = (name: string, file: string, find: string, replace: string): PlantedBug => ({ name, file, find, replace });

/** Bugs of the shell: what goes wrong only when a process ends, or an answer is lost, at the wrong moment. */
export const SHELL_BUGS: readonly PlantedBug[] = [
  // Looking before a creation.
  bug(
    'no-search-before-a-comment',
    'ports/in-memory/code-host.ts',
    'const known = isThere ? comment.id : comment.id === undefined && comment.isNew === true ? undefined : this.#adoptComment(comment);',
    'const known = isThere ? comment.id : undefined;',
  ),
  bug(
    'no-search-before-an-issue',
    'ports/in-memory/code-host.ts',
    'const found = isThere ? known : this.#issueWith(marker)?.number;',
    'const found = isThere ? known : undefined;',
  ),
  bug(
    'no-search-before-a-check',
    'ports/in-memory/code-host.ts',
    'check.id ?? (check.isNew === true ? undefined : this.check(check.headSha, check.name)?.id);',
    'check.id;',
  ),
  // What is written together.
  bug(
    'heads-before-rollouts',
    'loop/commit.ts',
    "  if ((await store.commit(stateChange(fleet, change, at))) === 'conflict') return 'conflict';",
    `  const whole = stateChange(fleet, change, at);
  if (whole.heads === undefined) {
    if ((await store.commit(whole)) === 'conflict') return 'conflict';
  } else {
    const { fleet: id, expectedVersion, heads, ...others } = whole;
    if ((await store.commit({ fleet: id, expectedVersion, at, heads, audit: [], jobs: [] })) === 'conflict') return 'conflict';
    if ((await store.commit({ ...others, fleet: id, expectedVersion: expectedVersion + 1 })) === 'conflict') return 'conflict';
    memoryOf(memory, fleet.id).records = undefined;
    return 'committed';
  }`,
  ),
  bug(
    'follow-ups-after-the-commit',
    'loop/commit.ts',
    "  if ((await store.commit(stateChange(fleet, change, at))) === 'conflict') return 'conflict';",
    `  const { jobs = [], ...whole } = stateChange(fleet, change, at);
  if ((await store.commit({ ...whole, jobs: [] })) === 'conflict') return 'conflict';
  await store.enqueue(jobs);`,
  ),
  bug(
    'history-after-the-commit',
    'loop/commit.ts',
    "  if ((await store.commit(stateChange(fleet, change, at))) === 'conflict') return 'conflict';",
    `  const { audit = [], ...whole } = stateChange(fleet, change, at);
  if ((await store.commit({ ...whole, audit: [] })) === 'conflict') return 'conflict';
  if ((await store.commit({ fleet: fleet.id, expectedVersion: fleet.version + 1, at, audit })) === 'conflict') return 'conflict';
  memoryOf(memory, fleet.id).records = undefined;
  if (audit.length > 0) return 'committed';`,
  ),
  bug(
    'orders-sent-before-the-commit',
    'loop/tick.ts',
    '    const looks = isNews',
    `    for (const order of change.orders ?? []) await loop.ports.dataPlane(_fleet, { name: order.dataPlane }).apply([order]);
    const looks = isNews`,
  ),
  bug(
    'a-delivery-stored-without-its-jobs',
    'app/webhooks.ts',
    'receivedAt: clock.now() }, jobs);\n',
    "receivedAt: clock.now() }, []);\n    if (outcome === 'stored') await store.enqueue(jobs);\n",
  ),
  bug(
    'a-command-stored-without-its-job',
    'loop/give-command.ts',
    'givenAt: clock.now() }, [commandJob(id, command)]);\n',
    'givenAt: clock.now() }, []);\n  await store.enqueue([commandJob(id, command)]);\n',
  ),
  bug(
    'the-outcome-of-a-command-after-what-it-changes',
    'loop/commit.ts',
    "  if ((await store.commit(stateChange(fleet, change, at))) === 'conflict') return 'conflict';",
    `  const { carriedOut, ...whole } = stateChange(fleet, change, at);
  if ((await store.commit(whole)) === 'conflict') return 'conflict';
  if (carriedOut !== undefined) {
    memoryOf(memory, fleet.id).records = undefined;
    return await store.commit({ fleet: fleet.id, expectedVersion: fleet.version + 1, at, carriedOut, audit: [], jobs: [] });
  }`,
  ),
  bug(
    'no-search-before-a-command',
    'ports/in-memory/fleet-rows.ts',
    'given.key === undefined ? undefined : [...this.commands',
    'given.givenAt > 0 ? undefined : [...this.commands',
  ),
  // What is kept where.
  bug(
    'epochs-from-memory',
    'loop/records.ts',
    'return { heads: { seen: seenHead, good: goodHead }, desired, policy, ledger, stops, rollouts, orders,',
    'return { heads: { seen: seenHead, good: goodHead }, desired, policy, ledger, stops, rollouts, orders: orders.size > 0 ? new Map() : orders,',
  ),
  bug(
    'memory-before-the-commit',
    'loop/commit.ts',
    "  if ((await store.commit(stateChange(fleet, change, at))) === 'conflict') return 'conflict';\n  const own = memoryOf(memory, fleet.id);\n  const next = applyChange(records, change);\n  if (next !== undefined) own.records = { version: fleet.version + 1, records: next };\n",
    "  const own = memoryOf(memory, fleet.id);\n  const next = applyChange(records, change);\n  if (next !== undefined) own.records = { version: fleet.version, records: next };\n  if ((await store.commit(stateChange(fleet, change, at))) === 'conflict') return 'conflict';\n",
  ),
  // What people read.
  bug(
    'projection-saved-before-the-write',
    'loop/project.ts',
    '    const remoteId = await write(known?.remoteId, known === undefined);\n    await store.saveProjection(fleet.id, { key, remoteId, hash, memo });',
    '    await store.saveProjection(fleet.id, { key, remoteId: known?.remoteId, hash, memo });\n    const remoteId = await write(known?.remoteId, known === undefined);\n    await store.saveProjection(fleet.id, { key, remoteId, hash, memo });',
  ),
  bug(
    'an-issue-not-on-record-before-it-is-made',
    'loop/project.ts',
    'if (known === undefined || Object.entries(due)',
    'if (known !== undefined && Object.entries(due)',
  ),
  // Jobs.
  bug(
    'a-delivery-of-orders-not-waited-for',
    'app/tasks.ts',
    "    deliver: (payload) => deliverOrders(loop, fleetOf(payload), String(payload['dataPlane'])),",
    "    deliver: async (payload) => void deliverOrders(loop, fleetOf(payload), String(payload['dataPlane'])).catch(() => undefined),",
  ),
  bug(
    'a-report-not-waited-for',
    'app/tasks.ts',
    '    publish: (payload) => publish(loop, payload),',
    '    publish: async (payload) => void publish(loop, payload).catch(() => undefined),',
  ),
  bug(
    'a-failed-sync-is-done',
    'app/tasks.ts',
    '    sync: async (payload) => void (await syncFleet(loop, fleetOf(payload))),',
    '    sync: async (payload) => void (await syncFleet(loop, fleetOf(payload)).catch(() => undefined)),',
  ),
  bug('a-notice-not-found-again', 'loop/tell-people.ts', 'marker: noticeMarker(key)', 'marker: noticeMarker(key + String(Math.random()))'),
  // Locks.
  bug(
    'a-question-never-closed',
    'loop/observe-fleet.ts',
    '    if (evidence.open === question) evidence.open = undefined;',
    '    if (evidence.open === undefined) evidence.open = question;',
  ),
  bug(
    'a-mutex-never-let-go',
    'loop/keyed-mutex.ts',
    `    try {
      return await work();
    } finally {
      if (this.#tails.get(key) === done) this.#tails.delete(key);
      release();
    }`,
    `    const result = await work();
    if (this.#tails.get(key) === done) this.#tails.delete(key);
    release();
    return result;`,
  ),
  bug(
    'lease-not-checked-for-reports',
    'app/leased-writes.ts',
    '    if (fleet !== undefined && !holds(fleet)) throw',
    "    if (fleet !== undefined && !holds(fleet) && fleet === '') throw",
  ),
  bug('lease-not-checked-for-orders', 'app/leased-writes.ts', '      if (!holds()) throw notHeld(dataPlane.name);\n', ''),
];
