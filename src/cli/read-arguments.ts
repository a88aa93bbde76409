import { parseArgs } from 'node:util';
import { closest } from '../core/manifest/did-you-mean.ts';
import { type CliIo, EXIT, UsageError } from './io.ts';

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

/** Reads options and arguments. @throws UsageError with the option that was most likely meant. */
export function readArguments<O extends Options>(argv: readonly string[], options: O) {
  checkOptions(argv, Object.keys(options));
  return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
}

function checkOptions(argv: readonly string[], known: readonly string[]): void {
  for (const word of argv) {
    if (word === '--') return;
    const name = /^--([^=]+)/.exec(word)?.[1];
    if (name === undefined || known.includes(name)) continue;
    const meant = closest(name, known);
    const hint = meant === undefined ? `there are ${known.map((one) => `--${one}`).join(', ')}` : `did you mean --${meant}?`;
    throw new UsageError(`there is no option --${name.slice(0, 60)}; ${hint}`);
  }
}

/** Whatever keeps a command from starting is the caller's to fix. @throws the error, when it is a mistake of ours. */
export function wrongUsage(error: unknown, usage: string, io: CliIo): number {
  const mistaken =
    error instanceof UsageError || (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  if (!mistaken) throw error;
  io.err(`flotilla: ${error.message}\n\n${usage}`);
  return EXIT.usage;
}

/** One of a few words. @throws UsageError */
export function oneOf<T extends string>(name: string, value: string | undefined, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  const meant = closest(value ?? '', allowed);
  const list = `${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1) ?? ''}`;
  throw new UsageError(`${name} is ${list}, not ${JSON.stringify(value)}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
}
