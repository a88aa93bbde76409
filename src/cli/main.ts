import { ownVersion } from '../app/version.ts';
import { type CliIo, EXIT } from './io.ts';

const USAGE = `Usage: flotilla COMMAND

  validate [DIR]     checks manifests
  plan               shows what a change of a repository would roll out
  local              breaks, changes and shows the clusters of local mode

flotilla COMMAND --help says more; flotilla --version says which this is.
`;

type Command = (argv: readonly string[], io: CliIo) => Promise<number>;

/** Loaded when they are asked for, so that no command pays for the others. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['validate', async () => (await import('./validate.ts')).runValidate],
  ['plan', async () => (await import('./plan.ts')).runPlan],
  ['local', async () => (await import('./local.ts')).runLocal],
]);

/** Runs one command. @param argv - what follows `flotilla`. @returns the exit code; see `EXIT`. */
export async function main(argv: readonly string[], io: CliIo): Promise<number> {
  const [name, ...rest] = argv;
  if (name === '--help' || name === '-h' || name === 'help') {
    io.out(USAGE);
    return EXIT.fine;
  }
  if (name === '--version') {
    io.out(`${ownVersion()}\n`);
    return EXIT.fine;
  }
  const command = COMMANDS.get(name ?? '');
  if (command !== undefined) return (await command())(rest, io);
  io.err(`flotilla: ${name === undefined ? 'say what to do' : `there is no command "${name}"`}\n\n${USAGE}`);
  return EXIT.usage;
}
