import { VERBS } from '../core/command/command.ts';

export const PROBLEM_FORMATS = ['text', 'markdown', 'json', 'github', 'sarif'] as const;

/** One command: what help, completion and did-you-mean know of it. */
export interface CommandEntry {
  readonly summary: string;
  readonly arguments: string;
  /** Each option, and the values it can have where these are known; an option without values is a switch. */
  readonly options: Readonly<Record<string, readonly string[] | 'text' | 'switch'>>;
  /** Words that may follow at once. */
  readonly words?: readonly string[];
}

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  validate: {
    summary: 'checks manifests',
    arguments: '[PATH...]',
    options: { format: PROBLEM_FORMATS, strict: 'switch' },
  },
  plan: {
    summary: 'shows what a change of a repository would roll out',
    arguments: '',
    options: { repo: 'text', from: 'text', to: 'text', format: ['text', 'markdown', 'json'] },
  },
  local: {
    summary: 'breaks, changes and shows the clusters of local mode',
    arguments: 'COMMAND',
    options: {
      all: 'switch',
      with: ['crash-loop', 'stuck', 'slow', 'unreachable', 'none'],
      version: 'text',
      broker: 'text',
      replicas: 'text',
      image: 'text',
      config: 'text',
      'data-plane': 'text',
    },
    words: ['break', 'set', 'status', 'forge', 'stop'],
  },
  setup: {
    summary: 'registers the GitHub App, and writes its credentials',
    arguments: '',
    options: { url: 'text', org: 'text', host: 'text', name: 'text', dir: 'text', repo: 'text' },
  },
  doctor: {
    summary: 'looks at what the bot needs on GitHub and around it',
    arguments: '',
    options: { env: 'text', manifests: 'text', format: ['text', 'json'] },
  },
  completion: {
    summary: 'prints what a shell needs to complete these',
    arguments: 'SHELL',
    options: {},
    words: ['bash', 'zsh', 'fish'],
  },
  ...Object.fromEntries(
    VERBS.map((verb) => [
      verb,
      {
        summary: `commands a running bot, as \`/fleet ${verb}\` does in a comment`,
        arguments: '',
        options: { reason: 'text', fleet: 'text', as: 'text' },
      },
    ]),
  ),
};
