import type { CommandOutcome } from '../change/command-outcome.ts';
import type { Instant } from '../model/time.ts';
import type { FleetCommand } from './command.ts';

/** A command as a person gave it. */
export interface GivenCommand {
  readonly command: FleetCommand;
  /** Chosen by whoever gives it: what is given again with the same key is the same command. */
  readonly key: string | undefined;
  readonly givenAt: Instant;
}

/** A command that is stored: from now on nothing can lose it, and a decision carries it out. */
export interface AcceptedCommand extends GivenCommand {
  /** Grows in the order in which commands are accepted. */
  readonly id: number;
  /** `undefined`: it waits for the next decision. */
  readonly outcome: CommandOutcome | undefined;
}

/** Its plan is made from the manifests in git, which may hang: it has a line of its own, and nothing that stops waits behind it. */
export const needsPlan = ({ verb }: FleetCommand): boolean => verb === 'reconcile';

/** What only stops: whoever gives it is never kept waiting by what it does not need. */
export const isHalt = ({ verb }: Pick<FleetCommand, 'verb'>): boolean => verb === 'pause' || verb === 'stop';

/** Agrees to something, and undoes no stop. */
export const isAgreement = ({ verb }: Pick<FleetCommand, 'verb'>): boolean => verb === 'approve' || verb === 'approve-rules';

/** Is a command that is given again under a key the one that was accepted? An end that counts from now is another each time. */
export const isSameCommand = (a: FleetCommand, b: FleetCommand): boolean => withoutEnd(a) === withoutEnd(b);

const withoutEnd = (command: FleetCommand): string =>
  JSON.stringify(
    Object.entries({ ...command, until: undefined })
      .filter(([, value]) => value !== undefined)
      .sort(),
  );
