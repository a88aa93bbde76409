import { PROBLEM_FORMATS } from '../core/report/problems.ts';
import type { CliIo } from './io.ts';

export type Run = (argv: readonly string[], io: CliIo) => Promise<number>;

/** One command: what help, completion and did-you-mean know of it. */
export interface CommandEntry {
  readonly summary: string;
  readonly arguments: string;
  /** Each option, and the values it can have where these are known; an option without values is a switch. */
  readonly options: Readonly<Record<string, readonly string[] | 'text' | 'switch'>>;
  /** Words that may follow at once. */
  readonly words?: readonly string[];
  /** Loaded when it is asked for, so that no command pays for the others. */
  readonly load: () => Promise<Run>;
}

export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  validate: {
    summary: 'checks manifests',
    arguments: '[PATH...]',
    options: { format: PROBLEM_FORMATS, strict: 'switch' },
    load: async () => (await import('./validate.ts')).runValidate,
  },
  plan: {
    summary: 'shows what a change of a repository would roll out',
    arguments: '',
    options: { repo: 'text', from: 'text', to: 'text', format: ['text', 'markdown', 'json'] },
    load: async () => (await import('./plan.ts')).runPlan,
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
    load: async () => (await import('./local.ts')).runLocal,
  },
  completion: {
    summary: 'prints what a shell needs to complete these',
    arguments: 'SHELL',
    options: {},
    words: ['bash', 'zsh', 'fish'],
    load: async () => (await import('./completion.ts')).runCompletion,
  },
};
