import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/http/free-port.ts';
import { Relay } from '../../support/relay.ts';
import { CONTROL_PLANE } from './build.ts';

const CONTROLLERS = ['statefulset', 'deployment', 'replicaset', 'garbage-collector', 'namespace', 'serviceaccount'];
const START_MS_MAX = 120_000;
const LOOK_MS = 50;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Who may come in with which token. */
export interface Account {
  readonly token: string;
  readonly user: string;
  readonly groups: readonly string[];
}

/**
 * etcd, an API server and the controllers that make pods of workloads: real ones, on loopback, for as long as a test runs. Clients
 * know the address of a relay, so that the API server takes any free port each time it is started.
 */
export class ControlPlane {
  readonly #folder = mkdtempSync(join(tmpdir(), 'flotilla-kubernetes-'));
  readonly #admin: Account = { token: randomBytes(16).toString('hex'), user: 'admin', groups: ['system:masters'] };
  readonly #relay: Relay;
  #etcd: ChildProcess | undefined;
  #server: ChildProcess | undefined;
  #controllers: ChildProcess | undefined;

  private constructor(relay: Relay) {
    this.#relay = relay;
  }

  static async start(accounts: readonly Account[] = []): Promise<ControlPlane> {
    const plane = new ControlPlane(await Relay.start());
    try {
      plane.#prepare();
      plane.allow(accounts);
      // A socket in its own folder, which nobody else can take.
      plane.#etcd = plane.#run('etcd', [join(plane.#folder, 'data'), 'unix://etcd:1', 'unix://etcd:2']);
      await plane.startServer();
      writeFileSync(join(plane.#folder, 'controllers.kubeconfig'), plane.kubeconfig(plane.#admin.token));
      plane.#controllers = plane.#run('kube-controller-manager', [
        `--kubeconfig=${join(plane.#folder, 'controllers.kubeconfig')}`,
        ...['--leader-elect=false', '--secure-port=0', '--kube-api-qps=500', '--kube-api-burst=1000'],
        `--controllers=${CONTROLLERS.map((name) => `${name}-controller`).join(',')}`,
      ]);
      return plane;
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  get url(): string {
    return this.#relay.url.replace('http:', 'https:');
  }

  get adminToken(): string {
    return this.#admin.token;
  }

  /** The API server reads this when it starts. */
  allow(accounts: readonly Account[]): void {
    const lines = [this.#admin, ...accounts].map(({ token, user, groups }) => `${token},${user},${user},"${groups.join(',')}"\n`);
    writeFileSync(join(this.#folder, 'tokens'), lines.join(''));
  }

  kubeconfig(token: string, context = 'test'): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server: this.url, 'certificate-authority-data': this.#authority().toString('base64') } }],
      users: [{ name: 'test', user: { token } }],
      contexts: [{ name: context, context: { cluster: 'test', user: 'test' } }],
      'current-context': context,
    });
  }

  /** As the administrator. A body is created, or put, or applied, as its content type says. */
  async call(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.#admin.token}`, accept: 'application/json', 'content-type': type };
    const asked = request(`${this.url}${path}`, { method, headers, ca: this.#authority(), agent: false });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    return { status: response.statusCode ?? 0, body: text.startsWith('{') ? JSON.parse(text) : text };
  }

  /** The same, and it must work. */
  async must(method: string, path: string, body?: unknown, type?: string): Promise<unknown> {
    const { status, body: answer } = await this.call(method, path, body, type);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  }

  async startServer(): Promise<void> {
    for (;;) {
      const port = await freePort();
      const at = (name: string) => join(this.#folder, name);
      this.#server = this.#run('kube-apiserver', [
        `--etcd-servers=unix://${at('etcd:1')}`,
        ...[`--cert-dir=${at('certificates')}`, `--secure-port=${port}`, '--bind-address=127.0.0.1', '--advertise-address=127.0.0.1'],
        ...['--service-account-issuer=https://flotilla.test', '--service-cluster-ip-range=10.0.0.0/24', '--endpoint-reconciler-type=none'],
        ...[`--service-account-key-file=${at('account.pub')}`, `--service-account-signing-key-file=${at('account.key')}`],
        ...[`--token-auth-file=${at('tokens')}`, '--authorization-mode=RBAC', '--disable-admission-plugins=ServiceAccount'],
      ]);
      this.#relay.leadTo(port);
      // Another program can have taken the port meanwhile.
      if (await this.#isReady(this.#server)) return;
    }
  }

  /** As a crash would. */
  async killServer(): Promise<void> {
    this.#relay.leadTo(undefined);
    await killed(this.#server);
  }

  async stop(): Promise<void> {
    for (const process of [this.#controllers, this.#server, this.#etcd]) await killed(process);
    await this.#relay.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #prepare(): void {
    for (const name of ['etcd', 'kube-apiserver', 'kube-controller-manager']) symlinkSync(CONTROL_PLANE, join(this.#folder, name));
    const keys = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    writeFileSync(join(this.#folder, 'account.pub'), keys.publicKey);
    writeFileSync(join(this.#folder, 'account.key'), keys.privateKey);
  }

  #run(name: string, args: readonly string[]): ChildProcess {
    const log = openSync(join(this.#folder, `${name}.log`), 'a');
    const child = spawn(join(this.#folder, name), args, { cwd: this.#folder, stdio: ['ignore', log, log] });
    // Also when the tests end before they could stop it.
    const end = () => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.removeListener('exit', end));
    return child;
  }

  /** The API server signs for itself, and writes its own authority beside its certificate. */
  #authority(): Buffer {
    return readFileSync(join(this.#folder, 'certificates', 'apiserver.crt'));
  }

  /** @returns false when it has ended because its port was taken. */
  async #isReady(server: ChildProcess): Promise<boolean> {
    const patience = AbortSignal.timeout(START_MS_MAX);
    while (!patience.aborted) {
      if (server.exitCode !== null || server.signalCode !== null) {
        if (this.log('kube-apiserver').includes('address already in use')) return false;
        break;
      }
      const answer = await this.call('GET', '/readyz').catch(() => undefined);
      if (answer?.status === 200) return true;
      await sleep(LOOK_MS);
    }
    throw new Error(`the API server did not start:\n${this.log('kube-apiserver')}\n${this.log('etcd')}`);
  }

  /** The end of what a program has written. */
  log(name: string): string {
    return readFileSync(join(this.#folder, `${name}.log`), 'utf8').slice(-4_000);
  }
}

async function killed(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
