import { ownVersion } from '../app/version.ts';
import { closest } from '../core/manifest/did-you-mean.ts';
import { COMMANDS } from './commands.ts';
import { type CliIo, EXIT } from './io.ts';

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
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return (await command.load())(given, io);
  const meant = closest(name ?? '', [...Object.keys(COMMANDS), '--help', '--version']);
  const mistake =
    name === undefined ? 'say what to do' : `there is no command "${name}"${meant === undefined ? '' : `; did you mean ${meant}?`}`;
  io.err(`flotilla: ${mistake}\n\n${USAGE}`);
  return EXIT.usage;
}
