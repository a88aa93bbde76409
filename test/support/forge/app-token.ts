import { createSign } from 'node:crypto';

/** The token that an app signs itself in with; `claims` overrides what a good one has. */
export function appToken(privateKeyPem: string, appId: number, claims: Record<string, unknown> = {}): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1_000);
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: now - 30, exp: now + 570, iss: String(appId), ...claims })}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKeyPem).toString('base64url')}`;
}
