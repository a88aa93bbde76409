/** Reads the settings of the bot from its environment. Every mistake is named at once, with its fix. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { err, ok, type Result } from '../core/model/result.ts';
import type { ApiToken } from '../http/token.ts';
import { readApiTokens } from './api-tokens.ts';
import { manifestVariables } from './manifest-variables.ts';

export interface AppConfig {
  /** `local`: no GitHub credentials are set; the same program is pointed at a local forge. */
  readonly mode: 'local' | 'github';
  readonly port: number;
  readonly host: string;
  /** Data folder: embedded PostgreSQL, git mirrors, parse cache, and in local mode forge and data planes. */
  readonly home: string;
  /** Folder of manifests that the local forge is first filled with. */
  readonly manifests: string;
  /** How much faster than written bakes and simulated clusters run; 1 outside local mode. */
  readonly speed: number;
  readonly databaseUrl: string | undefined;
  /** How long the detail of what has ended is kept: what each cluster went through, step by step. */
  readonly historyDays: number;
  /** After so many milliseconds a stop in order is cut off, and the process ends with an error. */
  readonly stopWithinMs: number;
  readonly github: GitHubConfig | undefined;
  /** Who may use the API and the pages, by token. Without any both answer nobody. */
  readonly apiTokens: readonly ApiToken[];
  readonly publicUrl: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** What manifests may name: `urlFromEnv`. No other variable is in it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface GitHubConfig {
  readonly appId: string;
  readonly privateKey: string;
  readonly webhookSecret: string;
  /** REST root: `https://api.github.com`, or `https://HOST/api/v3`. */
  readonly apiUrl: string;
  /** Least time between two writes, in milliseconds: GitHub asks for one second. */
  readonly writeIntervalMs: number;
  /** Least time between two reports of one rollout's progress, in milliseconds. */
  readonly publishIntervalMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
const LOCAL_SPEED = 60;
const HISTORY_DAYS = 30;
/** Docker kills after ten seconds, Kubernetes after thirty, systemd after ninety. */
const STOP_SECONDS = 9;

/** @returns the configuration, or one sentence for each mistake. */
export function readConfig(given: Environment): Result<AppConfig, readonly string[]> {
  // Compose files and unit files set to nothing what they do not set.
  const env: Environment = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const mistakes: string[] = [];
  const number = (name: string, fallback: number, least: number, most: number): number => {
    const text = env[name];
    if (text === undefined) return fallback;
    const value = Number(text);
    if (Number.isFinite(value) && value >= least && value <= most) return value;
    mistakes.push(
      `${name} is ${JSON.stringify(text.slice(0, 40))}: give a number from ${least} to ${most}, or leave it out for ${fallback}`,
    );
    return fallback;
  };
  const url = (name: string, protocols: readonly string[]): string | undefined => {
    const text = env[name];
    if (text === undefined) return undefined;
    if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text.replace(/\/+$/, '');
    mistakes.push(`${name} is not an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`);
    return undefined;
  };
  const github = readGitHub(env, mistakes, url('GITHUB_API_URL', ['https:', 'http:']));
  const mode = github === undefined && mistakes.length === 0 ? 'local' : 'github';
  const port = number('PORT', 3000, 0, 65_533);
  if (!Number.isInteger(port)) mistakes.push('PORT must be a whole number');
  const speed = number('FLOTILLA_SPEED', mode === 'local' ? LOCAL_SPEED : 1, 1, 100_000);
  if (github !== undefined && speed !== 1)
    mistakes.push('FLOTILLA_SPEED is for local mode: bakes of real clusters take the time that they take. Leave it out');
  const logLevel = LEVELS.find((level) => level === (env['LOG_LEVEL'] ?? (mode === 'local' ? 'warn' : 'info')));
  if (logLevel === undefined) mistakes.push(`LOG_LEVEL is ${JSON.stringify(env['LOG_LEVEL'])}: give one of ${LEVELS.join(', ')}`);
  const apiTokens = readApiTokens(env, mistakes);
  const config: AppConfig = {
    mode,
    port,
    // Without credentials there is nobody to keep out but the network itself.
    host: env['HOST'] ?? (mode === 'local' ? '127.0.0.1' : '0.0.0.0'),
    home: resolve(env['FLOTILLA_HOME'] ?? '.flotilla'),
    manifests: resolve(env['FLOTILLA_MANIFESTS'] ?? join(import.meta.dirname, '../../fleet-manifests')),
    speed,
    historyDays: number('FLOTILLA_HISTORY_DAYS', HISTORY_DAYS, 7, 366),
    stopWithinMs: 1_000 * number('FLOTILLA_STOP_SECONDS', STOP_SECONDS, 3, 3_600),
    databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    github,
    apiTokens,
    publicUrl: url('FLOTILLA_PUBLIC_URL', ['https:', 'http:']),
    logLevel: logLevel ?? 'info',
    environment: manifestVariables(env),
  };
  if (mode === 'local' && !['127.0.0.1', 'localhost', '::1'].includes(config.host)) {
    mistakes.push(
      `HOST is ${JSON.stringify(config.host)}: local mode listens on loopback only, because it has no real credentials. Leave HOST out, or set GitHub App credentials`,
    );
  }
  return mistakes.length === 0 ? ok(config) : err(mistakes);
}

/** All three credentials, or none: a missing secret must never mean an unsigned webhook is believed. */
function readGitHub(env: Environment, mistakes: string[], apiUrl: string | undefined): GitHubConfig | undefined {
  const given = ['APP_ID', 'PRIVATE_KEY', 'PRIVATE_KEY_PATH', 'WEBHOOK_SECRET'].filter((name) => env[name] !== undefined);
  if (given.length === 0) return undefined;
  const appId = env['APP_ID'] ?? '';
  // Either is taken as who the app is; both are on its settings page.
  if (!/^(\d{1,12}|Iv[A-Za-z0-9.]{8,40})$/.test(appId))
    mistakes.push('APP_ID must be the number of the GitHub App, or its client id (Iv...), from its settings page');
  const webhookSecret = env['WEBHOOK_SECRET'] ?? '';
  if (webhookSecret.length < 16)
    mistakes.push('WEBHOOK_SECRET is missing or shorter than 16 characters: set the secret of the GitHub App; there is no default');
  const privateKey = readPrivateKey(env, mistakes);
  return {
    appId,
    privateKey,
    webhookSecret,
    apiUrl: apiUrl ?? 'https://api.github.com',
    writeIntervalMs: 1_000,
    publishIntervalMs: 15_000,
  };
}

/** Some stores of secrets take one line only, so that people give the whole file in base64. */
function inPem(text: string): string {
  const line = text.replaceAll(/\s/g, '');
  if (text.includes('-----') || !/^[A-Za-z0-9+/]+={0,2}$/.test(line)) return text;
  return Buffer.from(line, 'base64').toString('utf8');
}

function readPrivateKey(env: Environment, mistakes: string[]): string {
  const path = env['PRIVATE_KEY_PATH'];
  let text = inPem((env['PRIVATE_KEY'] ?? '').replaceAll('\\n', '\n'));
  if (text === '' && path !== undefined) {
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      mistakes.push(
        `PRIVATE_KEY_PATH cannot be read (${error instanceof Error && 'code' in error ? error.code : 'unknown error'}): give the path of the .pem file of the GitHub App`,
      );
      return '';
    }
  }
  if (!text.includes('-----BEGIN') || !text.includes('PRIVATE KEY-----'))
    mistakes.push(
      'PRIVATE_KEY (or the file of PRIVATE_KEY_PATH) is not a PEM private key, as it is or in base64: download one from the settings page of the GitHub App',
    );
  return text;
}
