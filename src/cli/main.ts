import { ownVersion } from '../app/version.ts';
import { VERBS } from '../core/command/command.ts';
import { closest } from '../core/manifest/did-you-mean.ts';
import { COMMANDS } from './commands.ts';
import { type CliIo, EXIT } from './io.ts';

type Run = (argv: readonly string[], io: CliIo) => Promise<number>;

/** Loaded when they are asked for, so that no command pays for the others. */
const LOAD: ReadonlyMap<string, () => Promise<Run>> = new Map([
  ['validate', async () => (await import('./validate.ts')).runValidate],
  ['plan', async () => (await import('./plan.ts')).runPlan],
  ['local', async () => (await import('./local.ts')).runLocal],
  ['setup', async () => (await import('./setup.ts')).runSetup],
  ['doctor', async () => (await import('./doctor.ts')).runDoctor],
  ['completion', async () => (await import('./completion.ts')).runCompletion],
  ...VERBS.map(
    (verb) =>
      [verb, async () => async (argv: readonly string[], io: CliIo) => (await import('./command.ts')).runCommand(verb, argv, io)] as const,
  ),
]);

const WIDTH = Math.max(...Object.entries(COMMANDS).map(([name, { arguments: words }]) => `${name} ${words}`.length)) + 3;

const USAGE = `Usage: flotilla COMMAND

${Object.entries(COMMANDS)
  .map(([name, entry]) => `  ${`${name} ${entry.arguments}`.padEnd(WIDTH)}${entry.summary}\n`)
  .join('')}
flotilla COMMAND --help says more; flotilla --version says which this is.
`;

/** Runs one command. @param argv - what follows `flotilla`. @returns the exit code; see `EXIT`. */
export async function main(argv: readonly string[], io: CliIo): Promise<number> {
  const [first, ...rest] = argv;
  // `help validate` and `validate --help` are the same question.
  const [name, given] = first === 'help' && rest[0] !== undefined ? [rest[0], ['--help']] : [first, rest];
  if (name === '--help' || name === '-h' || name === 'help') {
    io.out(USAGE);
    return EXIT.fine;
  }
  if (name === '--version' || name === '-V' || name === 'version') {
    io.out(`${ownVersion()}\n`);
    return EXIT.fine;
  }
  const load = LOAD.get(name ?? '');
  if (load !== undefined) return (await load())(given, io);
  const meant = closest(name ?? '', [...Object.keys(COMMANDS), '--help', '--version']);
  const mistake =
    name === undefined ? 'say what to do' : `there is no command "${name}"${meant === undefined ? '' : `; did you mean ${meant}?`}`;
  io.err(`flotilla: ${mistake}\n\n${USAGE}`);
  return EXIT.usage;
}
