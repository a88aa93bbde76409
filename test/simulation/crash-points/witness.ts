import type { AcceptedCommand } from '../../../src/core/command/accepted.ts';
import type { Order } from '../../../src/core/evidence/order.ts';
import { decode, maybe, number, object, text } from '../../../src/core/model/decode.ts';
import type { FleetId } from '../../../src/core/model/ids.ts';
import type { AuditEntry, Job, StateChange, StateStore } from '../../../src/ports/state-store.ts';
import { CommandLaws } from '../laws/commands.ts';
import type { StoreWatcher } from '../watched-store.ts';

const WRITTEN = object({ id: maybe(number), number: maybe(number) });
const ASKED = object({ pull: maybe(number), headSha: maybe(text), name: maybe(text), marker: maybe(text) });

/** What the shell may get wrong, whatever happens around it. */
export type FailureName =
  | 'two-rollouts-for-one-commit'
  | 'commands-accepted-once'
  | 'commands-once'
  | 'commands-carried-out'
  | 'epoch-twice'
  | 'order-not-committed'
  | 'sent-without-lease'
  | 'gap-in-audit'
  | 'comment-twice'
  | 'check-twice'
  | 'issue-twice'
  | 'queue-stands'
  | 'story-stands'
  | 'wrong-end'
  | 'threw';

export interface Failure {
  readonly name: FailureName;
  readonly words: string;
}

const said = ({ cluster, epoch, mode, revision }: Order): string => `${cluster} epoch ${epoch}: ${mode} ${revision}`;

/** Looks at what leaves the bot: commits, orders, and what it writes on the code host. */
export class Witness implements StoreWatcher {
  readonly failures: Failure[] = [];
  readonly #committed = new Map<string, string>();
  readonly #made = new Map<string, number>();
  readonly #laws = new CommandLaws();
  readonly #accepted = new Map<number, AcceptedCommand>();

  fail(name: FailureName, words: string): void {
    this.failures.push({ name, words });
  }

  committing(): void {}

  committed(change: StateChange): void {
    for (const order of change.orders ?? []) this.#epoch(order);
    this.#judge('commands-once', this.#laws.carriedOut(change));
  }

  accepted(command: AcceptedCommand, jobs: readonly Job[]): void {
    this.#accepted.set(command.id, command);
    this.#judge('commands-accepted-once', this.#laws.accepted(command, jobs));
  }

  #judge(name: FailureName, wrong: string | undefined): void {
    if (wrong !== undefined) this.fail(name, wrong);
  }

  #epoch(order: Order): void {
    const key = `${order.cluster} ${order.epoch}`;
    if (this.#committed.has(key)) this.fail('epoch-twice', `${this.#committed.get(key)}, and then ${said(order)}`);
    this.#committed.set(key, said(order));
  }

  told(order: Order, hadLease: boolean): void {
    const committed = this.#committed.get(`${order.cluster} ${order.epoch}`);
    if (committed === undefined) this.fail('order-not-committed', `${said(order)} was sent`);
    else if (committed !== said(order)) this.fail('epoch-twice', `${committed} was committed, ${said(order)} was sent`);
    if (!hadLease) this.fail('sent-without-lease', said(order));
  }

  /** @param given - what was asked to be written. @param written - what came of it. */
  wrote(method: string, given: unknown, written: unknown): void {
    const made = decode(WRITTEN, written);
    const asked = decode(ASKED, given);
    if (!made.ok || !asked.ok) throw new Error(`${method} takes and gives something else by now`);
    const { id, number } = made.value;
    const { pull, headSha, name, marker } = asked.value;
    if (method === 'writeComment') this.#make('comment', `#${pull} ${marker}`, id);
    if (method === 'writeCheck') this.#make('check', `${name} of ${headSha}`, id);
    if (method === 'writeIssue') this.#make('issue', `${marker}`, number);
  }

  /** @param of - what it is the one and only of. */
  #make(kind: 'comment' | 'check' | 'issue', of: string, id: number | undefined): void {
    const key = `${kind} ${of}`;
    const known = this.#made.get(key);
    if (known !== undefined && known !== id) this.fail(`${kind}-twice`, `${of}: ${known} and ${id}`);
    if (id !== undefined) this.#made.set(key, id);
  }

  /** Reads the whole history, and what it should have come to. */
  async readAudit(store: StateStore, fleet: FleetId): Promise<void> {
    const entries = [...(await store.audit(fleet, { limit: 100_000 }))].reverse();
    await this.#commands(entries, store, fleet);
    this.#rollouts(entries, await store.recentRollouts(fleet, 1_000));
    for (const { id } of await store.recentRollouts(fleet, 1_000)) await this.#targets(entries, store, fleet, id);
    for (const stop of await store.stops(fleet)) {
      if (!entries.some(({ kind, subject }) => kind === 'stop' && subject === stop.id))
        this.fail('gap-in-audit', `stop ${stop.id} (${stop.cause}) is not in it`);
    }
    const orders = new Set(entries.filter(({ kind }) => kind === 'order').map(({ subject, to }) => `${subject} ${to}`));
    for (const [cluster, { mode, revision, epoch }] of await store.orders(fleet)) {
      if (!orders.has(`${cluster} ${mode} ${revision} epoch ${epoch}`))
        this.fail('gap-in-audit', `order ${epoch} of ${cluster} is not in it`);
    }
  }

  /** By what is stored, and by the history: no line of it is another's. */
  async #commands(entries: readonly AuditEntry[], store: StateStore, fleet: FleetId): Promise<void> {
    this.#judge('commands-carried-out', this.#laws.waiting(true));
    for (const { id, command, givenAt } of this.#accepted.values()) {
      const outcome = (await store.command(fleet, id))?.outcome;
      if (outcome?.kind !== 'done') this.fail('commands-carried-out', `command ${id}, ${command.verb}, is ${outcome?.kind ?? 'not done'}`);
      const own = entries.filter((line) => line.kind === 'command' && line.to === command.verb && line.givenAt === givenAt);
      if (own.length !== 1) this.fail('commands-once', `command ${id}, ${command.verb}, is ${own.length} times in the history`);
    }
  }

  #rollouts(entries: readonly AuditEntry[], rollouts: Awaited<ReturnType<StateStore['recentRollouts']>>): void {
    const seen = new Map<string, number>();
    const asked = [...this.#accepted.values()].map(({ command }) => (command.verb === 'reconcile' ? command.release : undefined));
    for (const { id, commit, release, status } of rollouts) {
      const key = `${commit} ${release}`;
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      // One that the commit brings, and one each time that a person asks for it.
      if (count > 1 + asked.filter((one) => one === release).length)
        this.fail('two-rollouts-for-one-commit', `of release ${release} for ${commit}`);
      const own = entries.filter(({ kind, subject }) => kind === 'rollout' && subject === id);
      this.#chain(`rollout ${id}`, own, status);
    }
  }

  async #targets(entries: readonly AuditEntry[], store: StateStore, fleet: FleetId, id: AuditEntry['rollout']): Promise<void> {
    const found = id === undefined ? undefined : await store.rollout(fleet, id);
    for (const [cluster, { status }] of found?.state.targets ?? []) {
      const own = entries.filter(({ kind, subject, rollout }) => kind === 'target' && subject === cluster && rollout === id);
      this.#chain(`target ${cluster} of ${id}`, own, status);
    }
    for (const [name, { status }] of found?.state.phases ?? []) {
      const own = entries.filter(({ kind, subject, rollout }) => kind === 'phase' && subject === name && rollout === id);
      if (own.length > 0) this.#chain(`phase ${name} of ${id}`, own, status);
    }
  }

  /** Each line goes on from the one before, and the last one says how it is. */
  #chain(what: string, lines: readonly AuditEntry[], now: string): void {
    const moves = lines.filter(({ to }) => to !== undefined);
    let at = moves[0]?.from;
    for (const { from, to } of moves) {
      if (from !== undefined && from !== at) this.fail('gap-in-audit', `${what} is said to go from ${from}, and was ${at}`);
      at = to;
    }
    if (at !== now) this.fail('gap-in-audit', `${what} is ${now}, and the last line says ${at}`);
  }
}
