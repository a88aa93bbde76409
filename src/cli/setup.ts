import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { readAppManifest } from '../app/app-manifest.ts';
import { type Registered, registerApp } from '../app/setup/register-app.ts';
import { makeRuleset, rulesetFor } from '../app/setup/ruleset.ts';
import { examine, lineOf } from './doctor.ts';
import { type CliIo, EXIT, UsageError } from './io.ts';
import { readArguments, wrongUsage } from './read-arguments.ts';

export const SETUP_USAGE = `Usage: flotilla setup --url ADDRESS [--org ORGANISATION] [--host HOST] [--name NAME] [--dir DIR] [--repo OWNER/NAME]

Registers the GitHub App, once: opens a page on this machine that leads to GitHub, where you press a button; writes the credentials
that GitHub gives; says how to install the app and how to make its check required; and looks at the result as doctor does.

  --url ADDRESS   where GitHub and people reach the bot: https://flotilla.example.com
  --org NAME      the organisation that will own the app (default: yourself)
  --host HOST     an Enterprise Server: github.example.com (default: github.com)
  --name NAME     what the app is called; unique on GitHub (default: flotilla, with a few letters)
  --dir DIR       where flotilla.env, flotilla.pem and flotilla-ruleset.json are written (default: this folder)
  --repo NAME     makes the ruleset in this repository, with the token of an administrator in GITHUB_TOKEN

Exit codes: 0 registered, 1 refused, 2 wrong usage.
`;

/** A person may look for a password, or ask somebody. */
const PATIENCE_MS = 30 * 60_000;
/** What `npm start` reads in its folder. */
const ENV_FILE = 'flotilla.env';

interface Settings {
  readonly publicUrl: string;
  readonly pagesUrl: string;
  readonly apiUrl: string;
  readonly organisation: string | undefined;
  readonly name: string;
  readonly folder: string;
  readonly repository: string | undefined;
}

export async function runSetup(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    const text = { type: 'string' } as const;
    const { values, positionals } = readArguments(argv, {
      url: text,
      org: text,
      host: text,
      name: text,
      dir: text,
      repo: text,
      help: { type: 'boolean', short: 'h' },
    });
    if (values.help === true) {
      io.out(SETUP_USAGE);
      return EXIT.fine;
    }
    if (positionals.length > 0) throw new UsageError(`setup takes options only, not "${positionals[0]}"`);
    return await setUp(settingsOf(values, io), io);
  } catch (error) {
    return wrongUsage(error, SETUP_USAGE, io);
  }
}

function settingsOf(
  values: {
    readonly url?: string;
    readonly org?: string;
    readonly host?: string;
    readonly name?: string;
    readonly dir?: string;
    readonly repo?: string;
  },
  io: CliIo,
): Settings {
  const { url, host = 'github.com', org, repo } = values;
  if (url === undefined)
    throw new UsageError('say with --url where GitHub and people will reach the bot, such as https://flotilla.example.com');
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw new UsageError('--url is not an address that begins with https://');
  if (org !== undefined && !/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(org)) throw new UsageError('--org is not the name of an organisation');
  if (repo !== undefined && !/^[A-Za-z0-9_-]{1,100}\/[A-Za-z0-9._-]{1,100}$/.test(repo)) throw new UsageError('--repo is not OWNER/NAME');
  const pages = /^https?:\/\//.test(host) ? host : `https://${host}`;
  if (!URL.canParse(pages)) throw new UsageError('--host is not the name of a server');
  const { origin, hostname } = new URL(pages);
  return {
    publicUrl: url.replace(/\/+$/, ''),
    pagesUrl: origin,
    apiUrl: hostname === 'github.com' ? 'https://api.github.com' : `${origin}/api/v3`,
    organisation: org,
    name: values.name ?? `flotilla-${randomBytes(3).toString('hex')}`,
    folder: resolve(io.cwd, values.dir ?? '.'),
    repository: repo,
  };
}

async function setUp(settings: Settings, io: CliIo): Promise<number> {
  const files = reserve([join(settings.folder, ENV_FILE), join(settings.folder, 'flotilla.pem')]);
  let registered: Registered;
  try {
    registered = await registerApp({
      ...settings,
      manifest: readAppManifest(),
      onPage: (page) => io.out(`Open this page, and press the button on GitHub:\n\n    ${page}\n\nWaiting for GitHub ...\n`),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    files.giveUp();
    io.err(`flotilla setup: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.refused;
  }
  const [envFile = '', keyFile = ''] = files.paths;
  const environment = environmentText(settings, registered, keyFile);
  files.write([environment, registered.pem]);
  const ruleset = join(settings.folder, 'flotilla-ruleset.json');
  writeFileSync(ruleset, `${JSON.stringify(rulesetFor(registered.id), null, 2)}\n`);
  const seen = (path: string): string => relative(io.cwd, path) || path;
  io.out(`Registered ${registered.slug} (${registered.id}). Credentials are in ${seen(envFile)} and ${seen(keyFile)}, which only you can read.

Next:
  1. Install the app on the repository with your manifests: ${registered.htmlUrl}/installations/new
  2. Start the bot:  ${seen(envFile) === ENV_FILE ? 'npm start' : `npx node --env-file=${seen(envFile)} src/main.ts`}
  3. ${await offerRuleset(settings, registered, seen(ruleset), io)}

`);
  const findings = await examine({ ...parseEnv(environment) }, io.cwd, undefined);
  io.out(findings.map(lineOf).join(''));
  return EXIT.fine;
}

/** GitHub gives the credentials once: that they can be written is known before they are asked for. */
function reserve(paths: readonly string[]) {
  const open: { readonly path: string; readonly file: number }[] = [];
  const giveUp = (): void => {
    for (const { path, file } of open.splice(0)) {
      closeSync(file);
      rmSync(path, { force: true });
    }
  };
  for (const path of paths) {
    try {
      open.push({ path, file: openSync(path, 'wx', 0o600) });
    } catch (error) {
      giveUp();
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      throw new UsageError(
        code === 'EEXIST'
          ? `${path} already exists: move it away, or name another folder with --dir`
          : `${path} cannot be written (${code})`,
      );
    }
  }
  const write = (texts: readonly string[]): void => {
    for (const [at, { file }] of open.splice(0).entries()) {
      writeSync(file, texts[at] ?? '');
      closeSync(file);
    }
  };
  return { paths, giveUp, write };
}

/** Nobody but its owner may know a token: each person sets their own. */
const API_TOKENS = `# Who may use the API and the pages: LOGIN:TOKEN for each person, with a login of the code host (openssl rand -hex 24 makes a token).
# FLOTILLA_API_TOKENS=
`;

function environmentText({ publicUrl, apiUrl }: Settings, { id, webhookSecret }: Registered, keyFile: string): string {
  const lines = {
    APP_ID: String(id),
    PRIVATE_KEY_PATH: keyFile,
    WEBHOOK_SECRET: webhookSecret,
    ...(apiUrl === 'https://api.github.com' ? {} : { GITHUB_API_URL: apiUrl }),
    FLOTILLA_PUBLIC_URL: publicUrl,
  };
  const set = Object.entries(lines)
    .map(([name, value]) => `${name}=${/^[A-Za-z0-9_./:-]*$/.test(value) ? value : `"${value}"`}\n`)
    .join('');
  return `${set}${API_TOKENS}`;
}

/** The app may not change rules of a repository: an administrator does, with a token of their own or by hand. */
async function offerRuleset({ apiUrl, repository }: Settings, { id }: Registered, file: string, io: CliIo): Promise<string> {
  const byHand = `Make its check required, pinned to the app:  gh api repos/${repository ?? 'OWNER/NAME'}/rulesets --input ${file}`;
  const token = io.env['GITHUB_TOKEN'];
  if (repository === undefined || token === undefined || token === '') return byHand;
  const made = await makeRuleset({ apiUrl, repository, token, appId: id });
  return made.ok ? `The check is required in ${repository}, and pinned to the app (ruleset ${made.value})` : `${made.error}. ${byHand}`;
}
