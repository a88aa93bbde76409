import { inspect } from 'node:util';

/** Where a git command works, and what it may reach. */
export interface GitPlace {
  /** The bare repository. Given to git as GIT_DIR, so that a damaged one is never mistaken for a repository above it. */
  readonly gitDir: string;
  /** An existing folder of ours; the working folder and HOME of every command. */
  readonly home: string;
  /** file:// remotes, for tests and benches. */
  readonly allowFile: boolean;
}

export type GitEnvironment = Readonly<Record<string, string>>;

/** What git may see of our own environment: how to run and how to reach the network, and none of the bot's secrets. */
const PASSED_ON = [
  ...['PATH', 'TMPDIR', 'SYSTEMROOT', 'LD_LIBRARY_PATH'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH'],
];

const SETTINGS: readonly (readonly [string, string])[] = [
  // Housekeeping is started by us, between fetches, never inside one that somebody waits for.
  ['gc.auto', '0'],
  ['transfer.credentialsInUrl', 'die'],
  // Renames are looked for only up to this many files a side: a hostile pull request must not buy minutes of CPU.
  ['merge.renameLimit', '1000'],
];

/** What a conversation with a server needs besides. */
export interface Conversation {
  /** Sent as a header, from the environment: never in a URL, an argument or a file. */
  readonly token: string | undefined;
  /** Seconds after which git's own HTTP helper gives a silent server up; it outlives a git that is killed. */
  readonly silenceS: number;
}

/**
 * The whole environment of a git command: neither the machine's nor the user's git configuration takes part, and
 * nothing can ask for a password.
 */
export function gitEnvironment(place: GitPlace, conversation?: Conversation): GitEnvironment {
  const settings = [...SETTINGS, ...(conversation === undefined ? [] : settingsOf(conversation))];
  const environment: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  Object.assign(environment, {
    HOME: place.home,
    LC_ALL: 'C',
    GIT_DIR: place.gitDir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: place.allowFile ? 'http:https:file' : 'http:https',
    GIT_CONFIG_COUNT: String(settings.length),
  });
  settings.forEach(([key, value], index) => {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  // simple-git prints the options of every child when DEBUG asks for it; the token must not be in that log either.
  return Object.assign(environment, { [inspect.custom]: () => '[environment of git]' });
}

function settingsOf({ token, silenceS }: Conversation): readonly (readonly [string, string])[] {
  return [
    // The old name of a repository that has moved leads to the new one, or to a stranger's.
    ['http.followRedirects', 'false'],
    ['http.lowSpeedLimit', '1'],
    ['http.lowSpeedTime', String(silenceS)],
    ...(token === undefined ? [] : [['http.extraHeader', `Authorization: Basic ${basic(token)}`] as const]),
  ];
}

const basic = (token: string): string => Buffer.from(`x-access-token:${token}`).toString('base64');

/** Git's own words as one short line that is safe to log: a remote may put anything into them. */
export function tellable(stderr: string, token?: string): string {
  let text = stderr;
  if (token !== undefined && token !== '') text = text.replaceAll(token, '***').replaceAll(basic(token), '***');
  const lines = text.split(/[\r\n]+/).map((line) => line.replaceAll(/[\p{C}\s]+/gu, ' ').trim());
  const told = lines.filter((line) => /^(fatal|error):/.test(line));
  return (told.length > 0 ? told : lines.filter((line) => line !== '').slice(-1)).join('; ').slice(0, 300) || 'git gave no reason';
}
