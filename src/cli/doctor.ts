import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { readAppManifest } from '../app/app-manifest.ts';
import { type AppConfig, readConfig } from '../app/config.ts';
import { checkApp } from '../app/doctor/check-app.ts';
import { checkAddress, checkDatabase, checkDataPlanes } from '../app/doctor/check-places.ts';
import { doubt, type Finding, fine, trouble } from '../app/doctor/finding.ts';
import { FleetNames } from '../app/leased-writes.ts';
import { createLog } from '../app/log.ts';
import { createMetrics } from '../app/metrics.ts';
import { createProbot } from '../app/probot.ts';
import { validateFiles } from '../core/manifest/load.ts';
import { instant } from '../core/model/time.ts';
import { type CliIo, EXIT, UsageError } from './io.ts';
import { readManifestFolder } from './manifest-folder.ts';
import { oneOf, readArguments, wrongUsage } from './read-arguments.ts';

export const DOCTOR_USAGE = `Usage: flotilla doctor [--env FILE] [--manifests DIR] [--format text|json]

Looks at what the bot needs on GitHub and around it, and says how to fix what is not right: credentials, permissions and events
beside those of app.yml, installations, webhook address and last deliveries, clocks, database, data planes.

  --env FILE        settings, as setup writes them; what the environment sets comes first (default: flotilla.env where there is one)
  --manifests DIR   a folder with the fleet's manifests: its data planes are asked too
  --format F        text or json

Exit codes: 0 all is well, or only doubtful; 1 something is wrong; 2 wrong usage.
`;

const DEFAULT_FILE = 'flotilla.env';

export async function runDoctor(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    const { values, positionals } = readArguments(argv, {
      env: { type: 'string' },
      manifests: { type: 'string' },
      format: { type: 'string', default: 'text' },
      help: { type: 'boolean', short: 'h' },
    });
    if (values.help === true) {
      io.out(DOCTOR_USAGE);
      return EXIT.fine;
    }
    if (positionals.length > 0) throw new UsageError(`doctor takes options only, not "${positionals[0]}"`);
    const format = oneOf('--format', values.format, ['text', 'json']);
    const findings = await examine(environmentOf(io, values.env), io.cwd, values.manifests);
    io.out(format === 'json' ? `${JSON.stringify(findings, null, 2)}\n` : findings.map(lineOf).join(''));
    return findings.some(({ state }) => state === 'error') ? EXIT.refused : EXIT.fine;
  } catch (error) {
    return wrongUsage(error, DOCTOR_USAGE, io);
  }
}

/** Settings of a file under those of the environment. @throws UsageError when the file cannot be read. */
function environmentOf(io: CliIo, file: string | undefined): CliIo['env'] {
  const path = resolve(io.cwd, file ?? DEFAULT_FILE);
  if (file === undefined && !existsSync(path)) return io.env;
  try {
    return { ...parseEnv(readFileSync(path, 'utf8')), ...io.env };
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'}`);
  }
}

/** Everything that can be looked at, whatever else is wrong. */
export async function examine(environment: CliIo['env'], cwd: string, manifests: string | undefined): Promise<readonly Finding[]> {
  const config = readConfig(environment);
  if (!config.ok) return config.error.map((mistake) => trouble('settings', mistake, 'correct it, and ask again'));
  if (config.value.github === undefined) {
    return [
      doubt(
        'settings',
        'no GitHub credentials are set: the bot would start in local mode',
        'run `npx flotilla setup`, or give the file with --env',
      ),
    ];
  }
  const now = (): number => Date.now();
  return [
    fine('settings', `GitHub at ${config.value.github.apiUrl}`),
    ...(await checkGitHub(config.value)),
    ...(await checkAddress(config.value.publicUrl, config.value.github.apiUrl === 'https://api.github.com')),
    ...(await checkDatabase(config.value, now)),
    ...(manifests === undefined ? [] : await checkFleet(config.value, cwd, manifests)),
  ];
}

async function checkGitHub({ github, publicUrl }: AppConfig): Promise<readonly Finding[]> {
  if (github === undefined) return [];
  // The log of the program is not for whoever asks the doctor: what is wrong is said in the findings.
  const log = createLog('silent', []);
  const probot = createProbot(github, () => true, new FleetNames(), log, createMetrics());
  return checkApp({ client: await probot.auth(), manifest: readAppManifest(), publicUrl, now: () => Date.now() });
}

async function checkFleet(config: AppConfig, cwd: string, folder: string): Promise<readonly Finding[]> {
  const { model, problems } = validateFiles(readManifestFolder(cwd, folder), instant(Date.now()));
  if (model === undefined)
    return [trouble('manifests', `${problems.length} problems in ${folder}`, `run \`npx flotilla validate ${folder}\``)];
  return checkDataPlanes(model, config.environment, { now: () => instant(Date.now()) });
}

const MARKS: Readonly<Record<Finding['state'], string>> = { ok: '✓', warning: '!', error: '✗' };

export const lineOf = ({ name, state, detail, fix }: Finding): string =>
  `${MARKS[state]} ${name}: ${detail}\n${fix === undefined ? '' : `    ${fix}\n`}`;
