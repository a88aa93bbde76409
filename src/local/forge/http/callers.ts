import { createHash, type KeyObject, randomBytes, verify } from 'node:crypto';
import { readCredentials } from '../../../http/token.ts';
import { isJsonObject, type Json } from '../json.ts';
import { botAccount } from '../shapes/account.ts';
import type { AccountRow, InstallationRow } from '../store/rows.ts';
import type { Permissions, World } from '../world.ts';
import { Refusal } from './answer.ts';

/** Who sent a request. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'user'; readonly account: AccountRow }
  | { readonly kind: 'app' }
  | {
      readonly kind: 'installation';
      readonly installation: InstallationRow;
      readonly permissions: Permissions;
    };

/** Key of the caller in the request log and in its budgets. */
export function callerKey(world: World, caller: Caller): string {
  switch (caller.kind) {
    case 'anonymous':
      return 'anonymous';
    case 'user':
      return `user:${caller.account.login}`;
    case 'app':
      return `app:${world.app.slug}`;
    case 'installation':
      return `installation:${caller.installation.id}`;
  }
}

/** The account that what a caller writes belongs to. */
export function authorOf(world: World, caller: Caller): AccountRow {
  if (caller.kind === 'user') return caller.account;
  if (caller.kind === 'installation') return botAccount(world);
  throw new Refusal(401, 'Requires authentication');
}

/**
 * @param header - `Authorization`: `Bearer`, `token`, or `Basic` with the token as password (git, and some clients).
 * @throws Refusal 401 when credentials are given and wrong: they never fall back to anonymous.
 */
export function identify(world: World, header: string | undefined): Caller {
  if (header === undefined || header === '') return { kind: 'anonymous' };
  const credentials = readCredentials(header);
  if (credentials === undefined) throw badCredentials();
  const { name, secret } = credentials;
  // A token alone, as user name, is how GitHub Actions and older tools send it.
  return ofCredential(world, secret === '' || secret === 'x-oauth-basic' ? name : secret);
}

const badCredentials = (): Refusal => new Refusal(401, 'Bad credentials');

function ofCredential(world: World, credential: string): Caller {
  if (credential.split('.').length === 3) {
    checkAppToken(world, credential);
    return { kind: 'app' };
  }
  if (credential.startsWith('ghs_')) return ofInstallationToken(world, credential);
  const account = world.store.accounts.byToken(credential);
  if (account === undefined) throw badCredentials();
  return { kind: 'user', account };
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export const INSTALLATION_TOKEN_MS = 3_600_000;

/** A token of an installation that lives for an hour. */
export function issueInstallationToken(
  world: World,
  installation: InstallationRow,
  permissions: Permissions,
): { readonly secret: string; readonly expiresAt: number } {
  const secret = `ghs_${randomBytes(27).toString('base64url').replaceAll('-', 'a').replaceAll('_', 'b')}`;
  const now = world.now();
  const expiresAt = now + INSTALLATION_TOKEN_MS;
  world.store.accounts.forgetTokensBefore(now);
  world.store.accounts.addInstallationToken({
    secret_hash: hashOf(secret),
    installation_id: installation.id,
    permissions: JSON.stringify(permissions),
    expires_at: expiresAt,
  });
  return { secret, expiresAt };
}

function ofInstallationToken(world: World, secret: string): Caller {
  const token = world.store.accounts.installationToken(hashOf(secret));
  const installation = token === undefined ? undefined : world.store.accounts.installation(token.installation_id);
  if (token === undefined || installation === undefined || token.expires_at <= world.now()) throw badCredentials();
  return {
    kind: 'installation',
    installation,
    permissions: JSON.parse(token.permissions) as Permissions,
  };
}

/** GitHub allows ten minutes from now, and a little for clocks that differ. */
const TOKEN_SECONDS_MAX = 600;
const CLOCK_SKEW_SECONDS = 60;

/** @throws Refusal 401 unless it is a token of our app, signed with its key, and of now. */
function checkAppToken(world: World, token: string): void {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const algorithm = claim(header, 'alg');
  if (algorithm !== 'RS256' || !isSignedBy(world.appKey, `${header}.${claims}`, signature)) {
    throw new Refusal(401, 'A JSON web token could not be decoded');
  }
  const now = world.now() / 1_000;
  const issuer = claim(claims, 'iss');
  const expires = claim(claims, 'exp');
  const issuedAt = claim(claims, 'iat');
  if (Number(issuer) !== world.app.id) throw new Refusal(401, "'Issuer' claim ('iss') is not the id of an app of this forge");
  if (typeof expires !== 'number' || expires <= now) {
    throw new Refusal(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (expires > now + TOKEN_SECONDS_MAX + CLOCK_SKEW_SECONDS)
    throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future");
  if (typeof issuedAt !== 'number' || issuedAt > now + CLOCK_SKEW_SECONDS) {
    throw new Refusal(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued");
  }
}

function isSignedBy(key: KeyObject, text: string, signature: string): boolean {
  return verify('RSA-SHA256', Buffer.from(text), key, Buffer.from(signature, 'base64url'));
}

function claim(part: string, name: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isJsonObject(parsed) ? parsed[name] : undefined;
  } catch {
    return undefined;
  }
}
