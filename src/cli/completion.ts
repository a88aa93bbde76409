import { COMMANDS } from './commands.ts';
import { type CliIo, EXIT, UsageError } from './io.ts';
import { oneOf, readArguments, wrongUsage } from './read-arguments.ts';

export const COMPLETION_USAGE = `Usage: flotilla completion bash|zsh|fish

Prints what the shell needs to complete commands, options and their values:

  bash   source <(npx flotilla completion bash)
  zsh    source <(npx flotilla completion zsh)
  fish   npx flotilla completion fish | source
`;

export async function runCompletion(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    const { values, positionals } = readArguments(argv, { help: { type: 'boolean', short: 'h' } });
    if (values.help === true) {
      io.out(COMPLETION_USAGE);
      return EXIT.fine;
    }
    if (positionals.length !== 1) throw new UsageError('name one shell');
    const shell = oneOf('the shell', positionals[0], ['bash', 'zsh', 'fish']);
    io.out(shell === 'fish' ? fish() : shell === 'zsh' ? `autoload -U +X bashcompinit && bashcompinit\n${bash()}` : bash());
    return EXIT.fine;
  } catch (error) {
    return wrongUsage(error, COMPLETION_USAGE, io);
  }
}

const names = (): readonly string[] => Object.keys(COMMANDS);

function bash(): string {
  const cases = Object.entries(COMMANDS).map(([name, { options, words }]) => {
    const values = Object.entries(options).flatMap(([option, known]) =>
      typeof known === 'string' ? [] : [`      --${option}) COMPREPLY=($(compgen -W "${known.join(' ')}" -- "$word")); return ;;\n`],
    );
    const all = [...(words ?? []), ...Object.keys(options).map((option) => `--${option}`), '--help'];
    const previous = values.length === 0 ? '' : `      case "$before" in\n${values.join('').replace(/^/gm, '  ').trimEnd()}\n      esac\n`;
    return `    ${name})\n${previous}      COMPREPLY=($(compgen -W "${all.join(' ')}" -- "$word") $(compgen -f -- "$word")) ;;\n`;
  });
  return `_flotilla() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${[...names(), '--help', '--version'].join(' ')}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('')}  esac
}
complete -o filenames -F _flotilla flotilla
`;
}

function fish(): string {
  const first = `not __fish_seen_subcommand_from ${names().join(' ')}`;
  return Object.entries(COMMANDS)
    .flatMap(([name, { summary, options, words }]) => [
      `complete -c flotilla -f -n '${first}' -a ${name} -d '${summary}'\n`,
      ...(words === undefined ? [] : [`complete -c flotilla -n '__fish_seen_subcommand_from ${name}' -a '${words.join(' ')}'\n`]),
      ...Object.entries(options).map(([option, known]) => {
        const takes = known === 'switch' ? '' : typeof known === 'string' ? ' -r' : ` -x -a '${known.join(' ')}'`;
        return `complete -c flotilla -n '__fish_seen_subcommand_from ${name}' -l ${option}${takes}\n`;
      }),
    ])
    .join('');
}
