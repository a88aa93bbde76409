/** What a command sees of the terminal: so that commands can be run in tests, and end with a code instead of killing the process. */
export interface CliIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Exit codes of every command. */
export const EXIT = {
  /** Done, and nothing to complain of. */
  fine: 0,
  /** There are findings, or what was asked for was refused; the reason is on standard error. */
  refused: 1,
  /** The command was used wrongly; the usage is on standard error. */
  usage: 2,
} as const;

/** The command was used wrongly. The message says what to fix. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for cannot be done; the message is for the person who asked. */
export class Refused extends Error {
  override readonly name = 'Refused';
}
