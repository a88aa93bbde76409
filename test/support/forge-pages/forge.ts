import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startForge } from '../../../src/local/forge/forge.ts';
import type { Forge } from '../../../src/local/forge/options.ts';
import { createPages } from '../../../src/local/forge/pages/pages.ts';

export const RELEASE = 'fleet-manifests/releases/kafka.yaml';

export const RELEASE_TEXT = `apiVersion: flotilla.dev/v1
kind: Release
metadata:
  name: kafka
spec:
  product: kafka
  version: "4.0.1"
`;

export interface PagesForge {
  readonly forge: Forge;
  readonly url: string;
  /** What the forge has logged as an error. */
  readonly errors: readonly object[];
  /** A request of the app over HTTP, with a token of its installation. @throws Error unless it is answered with 2xx. */
  readonly asApp: (method: string, path: string, body: object) => Promise<Record<string, unknown>>;
  readonly close: () => Promise<void>;
}

/** A real forge on a free port with its pages, a repository `acme/fleet`, two who may write, and eve who may only read. */
export async function startPagesForge(files: ReadonlyMap<string, string> = new Map([[RELEASE, RELEASE_TEXT]])): Promise<PagesForge> {
  const home = await mkdtemp(join(tmpdir(), 'flotilla-pages-'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const errors: object[] = [];
  const forge = await startForge({
    home,
    port: 0,
    app: { id: 1, slug: 'flotilla', name: 'Flotilla', privateKeyPem: pem },
    webhookUrl: () => undefined,
    log: { info: () => undefined, error: (fields) => errors.push(fields) },
    pages: createPages({ dataPlaneUrl: () => 'http://127.0.0.1:9/', botUrl: () => undefined }),
  });
  for (const login of ['alice', 'bob', 'eve']) forge.seedUser({ login });
  const collaborators = [
    { login: 'alice', role: 'admin' as const },
    { login: 'bob', role: 'write' as const },
    { login: 'eve', role: 'read' as const },
  ];
  const repository = await forge.seedRepository({
    owner: 'acme',
    name: 'fleet',
    description: 'The fleet',
    files,
    collaborators,
    author: 'alice',
  });
  return {
    forge,
    url: forge.url,
    errors,
    asApp: (method, path, body) => requestAsApp(forge, pem, repository.installationId, method, path, body),
    close: async () => {
      await forge.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function requestAsApp(
  forge: Forge,
  pem: string,
  installation: number,
  method: string,
  path: string,
  body: object,
): Promise<Record<string, unknown>> {
  const grant = await send(forge, 'POST', `/app/installations/${installation}/access_tokens`, appToken(pem), {});
  return send(forge, method, path, String(grant['token']), body);
}

async function send(forge: Forge, method: string, path: string, token: string, body: object): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${forge.apiUrl}${path}`, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}

/** What a GitHub App signs in with. */
function appToken(pem: string): string {
  const now = Math.floor(Date.now() / 1_000);
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ iat: now - 5, exp: now + 300, iss: 1 })}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(pem, 'base64url')}`;
}
