import type { CommandOutcome } from '../../../src/core/change/command-outcome.ts';
import { type AcceptedCommand, isAgreement, isHalt, needsPlan } from '../../../src/core/command/accepted.ts';
import type { Job, StateChange } from '../../../src/ports/state-store.ts';

/** A person never waits for what was forgotten, and never gets twice what was asked once: every command that was accepted, and what became of it. */
export class CommandLaws {
  readonly #accepted = new Map<number, AcceptedCommand>();
  readonly #outcomes = new Map<number, CommandOutcome>();
  readonly #keys = new Map<string, number>();

  accepted(command: AcceptedCommand, jobs: readonly Job[]): string | undefined {
    const { id, key } = command;
    if (key !== undefined && (this.#keys.get(key) ?? id) !== id) return `key ${key} is command ${this.#keys.get(key)}, and now ${id} too`;
    if (key !== undefined) this.#keys.set(key, id);
    if (this.#accepted.has(id)) return undefined;
    this.#accepted.set(id, command);
    const task = needsPlan(command.command) ? 'reconcile' : 'command';
    const isAsked = jobs.some((job) => job.task === task && job.runAt === undefined);
    return isAsked ? undefined : `command ${id} is accepted, and nobody is asked to carry it out at once`;
  }

  /** Told of each change that is written. */
  carriedOut({ carriedOut, audit = [] }: StateChange): string | undefined {
    const line = audit.find(({ kind }) => kind === 'command');
    if (carriedOut === undefined) return line && `${line.to} is done in the name of ${line.actor}, and no command has its outcome with it`;
    const { command: id, outcome } = carriedOut;
    const given = this.#accepted.get(id);
    if (given === undefined) return `command ${id} is carried out, and was never accepted`;
    if (this.#outcomes.has(id)) return `command ${id} is carried out twice`;
    this.#outcomes.set(id, outcome);
    if (outcome.kind === 'failed') return `command ${id} failed: ${outcome.why}`;
    const { by, verb } = given.command;
    if (outcome.kind === 'done') {
      if (line?.actor !== by || line.to !== verb || line.givenAt !== given.givenAt)
        return `command ${id} is done, and the history does not say who gave it and when`;
    }
    return this.#overtaken(given);
  }

  /** What one person asks is done in that order. What needs a plan may be overtaken; and an approval by a halt. */
  #overtaken({ id, command }: AcceptedCommand): string | undefined {
    const { by } = command;
    for (const before of this.#accepted.values()) {
      if (before.id >= id || before.command.by !== by || this.#outcomes.has(before.id) || needsPlan(before.command)) continue;
      if (isHalt(command) && isAgreement(before.command)) continue;
      return `command ${id} of ${by} is carried out before command ${before.id}, which ${by} gave first`;
    }
    return undefined;
  }

  /** After a decision nothing waits but what needs a plan. */
  waiting(isAtEnd: boolean): string | undefined {
    for (const { id, command } of this.#accepted.values())
      if (!this.#outcomes.has(id) && (isAtEnd || !needsPlan(command)))
        return `command ${id}, ${command.verb} by ${command.by}, waits still`;
    return undefined;
  }
}
