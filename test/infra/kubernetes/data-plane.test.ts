import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type Connection, KubeconfigConnection, NoAnswer } from '../../../src/adapters/kubernetes/connection.ts';
import { KubernetesDataPlane } from '../../../src/adapters/kubernetes/data-plane-kubernetes.ts';
import type { Workload } from '../../../src/adapters/kubernetes/workload.ts';
import type { DesiredSpec } from '../../../src/core/desired/desired.ts';
import type { Observation, Observed } from '../../../src/core/evidence/observation.ts';
import type { Order, OrderReply } from '../../../src/core/evidence/order.ts';
import { revisionOf } from '../../../src/core/model/hash.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import { instant } from '../../../src/core/model/time.ts';
import { hasControlPlane } from './available.ts';
import { type Account, ControlPlane } from './control-plane.ts';
import { Kubelet } from './kubelet.ts';
import { changeByHand, deploymentPath, makeDeployment, makeNamespace, makeSet, makeSettings, setPath } from './stateful-sets.ts';

const CLUSTER = trusted.cluster('orders');
const FLEET = trusted.fleet('acme/fleet');
const REPLICAS = 3;
const clock = { now: () => instant(Date.now()) };
const account = (user: string): Account => ({ token: randomBytes(16).toString('hex'), user, groups: [] });

/** As an operator would apply it: nothing here may do more than the page says. */
const RBAC = readFileSync(new URL('../../../docs/kubernetes/rbac-namespace.yaml', import.meta.url), 'utf8');

describe.skipIf(!(await hasControlPlane()))('workloads on Kubernetes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-kubeconfig-'));
  const bot = account('flotilla');
  const stranger = account('stranger');
  let plane: ControlPlane;
  let kubelet: Kubelet;
  let count = 0;
  let namespace: string;
  let dataPlane: KubernetesDataPlane;

  beforeAll(async () => {
    plane = await ControlPlane.start([bot, stranger]);
    kubelet = await Kubelet.start(plane.kubeconfig(plane.adminToken));
  });
  afterAll(async () => {
    await kubelet?.stop();
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    count += 1;
    namespace = `kafka-${count}`;
    kubelet.isSlow = () => false;
    await makeNamespace(plane, namespace);
    await allow();
    dataPlane = open(connectionOf(bot.token));
  });

  /** The role of the documentation, for this namespace. */
  async function allow(): Promise<void> {
    for (const document of parseAllDocuments(RBAC)) {
      const object = document.toJS() as { readonly kind: string; readonly metadata: { readonly name: string; namespace: string } };
      object.metadata.namespace = namespace;
      const plural = object.kind === 'Role' ? 'roles' : 'rolebindings';
      await plane.must('POST', `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/${plural}`, object);
    }
  }

  function kubeconfigOf(token: string): string {
    const file = join(folder, `${count}-${token.slice(0, 6)}`);
    writeFileSync(file, plane.kubeconfig(token));
    return file;
  }

  const connectionOf = (token: string) => new KubeconfigConnection({ context: 'test', files: kubeconfigOf(token) });

  const workload = (over: Partial<Workload> = {}): Workload => {
    return { kind: 'StatefulSet', namespace, name: 'orders', container: 'kafka', configMap: 'orders-config', ...over };
  };

  function open(connection: Connection, over: Partial<Workload> = {}, fleet = FLEET): KubernetesDataPlane {
    const said = { inForce: new Map([[CLUSTER, workload(over)]]), proposed: new Map() };
    return new KubernetesDataPlane({ name: 'eu', fleet, connection, clock, workloads: async () => said });
  }

  const spec = (version: string, over: Partial<DesiredSpec> = {}): DesiredSpec => {
    const settings = { config: { 'min.insync.replicas': 2 }, featureFlags: {} };
    return { product: 'kafka', version, image: `example/kafka:${version}`, replicas: REPLICAS, ...settings, ...over };
  };

  function orderOf(epoch: number, wanted: DesiredSpec, mode: Order['mode'] = 'run'): Order {
    const fields = { cluster: CLUSTER, dataPlane: 'eu', revision: revisionOf(wanted), spec: wanted, mode, epoch };
    return { ...fields, rollout: undefined, orderedAt: clock.now() };
  }

  async function apply(order: Order, to = dataPlane): Promise<OrderReply> {
    const [reply] = await to.apply([order]);
    if (reply === undefined) throw new Error('no reply');
    return reply;
  }

  /** One that must be taken. */
  async function give(order: Order, to = dataPlane): Promise<void> {
    expect(await apply(order, to)).toEqual({ kind: 'accepted', cluster: CLUSTER, epoch: order.epoch });
  }

  async function look(through = dataPlane): Promise<Observation> {
    const [seen] = await through.observe([CLUSTER]);
    if (seen === undefined) throw new Error('observe must answer for every cluster');
    return seen;
  }

  async function until(condition: (seen: Observed) => boolean, through = dataPlane): Promise<Observed> {
    let last: Observation | undefined;
    for (const end = Date.now() + 120_000; Date.now() < end; await sleep(50)) {
      last = await look(through);
      if (last.kind === 'observed' && condition(last)) return last;
    }
    throw new Error(`waited in vain; last seen: ${JSON.stringify(last)}`);
  }

  const isRolled = (seen: Observed) => seen.rolled && seen.healthy;
  const isReady = (seen: Observed) => seen.healthy && seen.brokers.length === REPLICAS;
  const at = (version: string) => (seen: Observed) => seen.brokers.filter((one) => one.version === version && one.state === 'ready').length;

  /** Somebody else's set, with its settings, up and running. */
  async function running(version = '4.0.1', over: { readonly parallel?: boolean } = {}, through = dataPlane): Promise<void> {
    await makeSettings(plane, namespace, 'orders-config', { 'min.insync.replicas': '2' });
    await makeSet(plane, { namespace, name: 'orders', image: `example/kafka:${version}`, replicas: REPLICAS, ...over });
    await until(isReady, through);
  }

  const set = () => setPath({ namespace, name: 'orders' });
  const podsNow = async () => {
    const { items } = (await plane.must('GET', `/api/v1/namespaces/${namespace}/pods`)) as {
      readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string }; readonly spec: unknown }[];
    };
    return items;
  };

  describe('taking over', () => {
    it('sees what runs before anything was ordered, and restarts nothing that is as it should be', async () => {
      await running();
      expect(await look()).toMatchObject({
        accepted: undefined,
        healthy: true,
        running: { version: '4.0.1', image: 'example/kafka:4.0.1', replicas: REPLICAS, config: { 'min.insync.replicas': 2 } },
      });
      const before = (await podsNow()).map(({ metadata }) => metadata.uid);
      expect(await apply(orderOf(1, spec('4.0.1')))).toMatchObject({ kind: 'accepted' });
      expect(await until(isRolled)).toMatchObject({ accepted: { epoch: 1 } });
      expect((await podsNow()).map(({ metadata }) => metadata.uid)).toEqual(before);
    });

    it('makes nothing that is not there, and says so', async () => {
      expect(await look()).toMatchObject({ kind: 'unknown', missing: true });
      const reply = await apply(orderOf(1, spec('4.1.1')));
      expect(reply).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('Flotilla takes over what runs, and creates no workloads'),
      });
    });

    it('leaves alone what belongs to another fleet, or to an operator', async () => {
      await running();
      await give(orderOf(1, spec('4.0.1')));
      const other = open(connectionOf(bot.token), {}, trusted.fleet('acme/other'));
      expect(await apply(orderOf(2, spec('4.1.1')), other)).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('belongs to fleet acme/fleet'),
      });
      const owner = { apiVersion: 'kafka.strimzi.io/v1', kind: 'Kafka', name: 'orders', uid: 'a-uid', controller: true };
      await plane.must('PATCH', set(), { metadata: { ownerReferences: [owner] } }, 'application/merge-patch+json');
      expect(await apply(orderOf(3, spec('4.1.1')))).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('belongs to Kafka orders'),
      });
      expect(at('4.0.1')(await until(isReady))).toBe(REPLICAS);
    });

    it('refuses settings that no ConfigMap carries', async () => {
      await running();
      const without = open(connectionOf(bot.token), { configMap: undefined });
      const reply = await apply(orderOf(1, spec('4.1.1')), without);
      expect(reply).toMatchObject({ kind: 'refused', reason: expect.stringContaining('workload.configMap') });
    });
  });

  describe('rolling', () => {
    it('holds with a broker in restart: that one ends at the new revision, no other is touched, and it goes on', async () => {
      await running();
      const before = new Map((await podsNow()).map(({ metadata }) => [metadata.name, metadata.uid]));
      await give(orderOf(1, spec('4.0.1')));
      kubelet.isSlow = (pod) => pod === 'orders-2';
      await give(orderOf(2, spec('4.1.1')));
      await until(({ brokers }) => brokers.some((one) => one.ordinal === 2 && one.version === '4.1.1' && one.state === 'restarting'));
      expect(await apply(orderOf(3, spec('4.1.1'), 'hold'))).toMatchObject({ kind: 'accepted' });
      expect(await until((seen) => seen.accepted?.mode === 'hold')).toMatchObject({ held: false });
      kubelet.isSlow = () => false;
      await until((seen) => seen.held);
      // Long enough for a step that should not be made: in ten looks, each of which would make one.
      for (let times = 0; times < 10; times += 1) {
        await sleep(100);
        const held = await until(() => true);
        expect(held).toMatchObject({ held: true, healthy: true });
        expect(held.brokers.map(({ version }) => version)).toEqual(['4.0.1', '4.0.1', '4.1.1']);
      }
      const uids = new Map((await podsNow()).map(({ metadata }) => [metadata.name, metadata.uid]));
      expect([uids.get('orders-0'), uids.get('orders-1')]).toEqual([before.get('orders-0'), before.get('orders-1')]);
      await give(orderOf(4, spec('4.1.1')));
      expect(at('4.1.1')(await until(isRolled))).toBe(REPLICAS);
    });

    it.each([false, true])(
      'brings a crash loop to light, touches no other broker, and heals with the next order (parallel: %s)',
      async (parallel) => {
        await running('4.0.1', { parallel });
        await give(orderOf(1, spec('4.0.1')));
        await give(orderOf(2, spec('4.1.1', { image: 'example/kafka:4.1.1-crash' })));
        const crashing = await until(({ brokers }) => brokers.some(({ state }) => state === 'crash-loop'));
        expect(crashing).toMatchObject({ rolled: false, healthy: false });
        expect(crashing.brokers.map(({ version, state }) => `${version} ${state}`)).toEqual([
          '4.0.1 ready',
          '4.0.1 ready',
          '4.1.1 crash-loop',
        ]);
        expect(crashing.detail).toMatch(/^broker 2: crash loop, \d+ restarts/);
        await give(orderOf(3, spec('4.0.1')));
        const healed = await until(isRolled);
        expect(at('4.0.1')(healed)).toBe(REPLICAS);
        expect(healed.accepted?.epoch).toBe(3);
      },
    );

    it('comes home from a broker that never gets ready', async () => {
      await running();
      await give(orderOf(1, spec('4.1.1', { image: 'example/kafka:4.1.1-never' })));
      await until(({ brokers }) =>
        brokers.some(({ ordinal, version, state }) => ordinal === 2 && version === '4.1.1' && state === 'restarting'),
      );
      await give(orderOf(2, spec('4.1.1', { image: 'example/kafka:4.1.1' })));
      expect(at('4.1.1')(await until(isRolled))).toBe(REPLICAS);
    });

    it('restarts every broker for new settings, which are there before', async () => {
      await running();
      await give(orderOf(1, spec('4.0.1')));
      await until(isRolled);
      await give(orderOf(2, spec('4.0.1', { config: { 'min.insync.replicas': 1 }, featureFlags: { tiered: true } })));
      const done = await until((seen) => isRolled(seen) && seen.accepted?.epoch === 2);
      expect(done.running).toMatchObject({ config: { 'min.insync.replicas': 1 }, featureFlags: { tiered: true } });
    });

    it('stops between two brokers when nobody steps any more, and goes on when somebody does', async () => {
      let isDead = false;
      const whole = connectionOf(bot.token);
      const mortal: Connection = {
        ask: async (request) => {
          if (isDead) throw new NoAnswer('it is dead');
          return await whole.ask(request);
        },
        stream: (...args) => whole.stream(...args),
      };
      const first = open(mortal);
      await running('4.0.1', {}, first);
      kubelet.isSlow = (pod) => pod === 'orders-2';
      await give(orderOf(1, spec('4.1.1')), first);
      await until(({ brokers }) => brokers.some(({ version, state }) => version === '4.1.1' && state === 'restarting'), first);
      isDead = true;
      kubelet.isSlow = () => false;
      // Seen by a third, who only reads.
      const status = async () => (await plane.must('GET', set())) as { readonly status: { readonly [name: string]: unknown } };
      await expect.poll(async () => (await status()).status).toMatchObject({ readyReplicas: REPLICAS, updatedReplicas: 1 });
      await sleep(1_000);
      expect((await status()).status).toMatchObject({ readyReplicas: REPLICAS, updatedReplicas: 1 });
      expect(at('4.1.1')(await until(isRolled))).toBe(REPLICAS);
    });
  });

  describe('others who write there', () => {
    it('keep their fields: the order is refused, and the reason names the field and the manager', async () => {
      await running();
      await give(orderOf(1, spec('4.0.1')));
      await changeByHand(plane, set(), { replicas: 4 }, 'autoscaler');
      const reply = await apply(orderOf(2, spec('4.0.1')));
      expect(reply.kind === 'refused' ? reply.reason : '').toMatch(/\.spec\.replicas .*autoscaler/);
      expect(await until((seen) => seen.brokers.length === 4)).toMatchObject({ running: { replicas: 4 }, accepted: { epoch: 1 } });
    });

    it('hold up no hold: what they have changed stays as it is, and no further broker is touched', async () => {
      await running();
      await give(orderOf(1, spec('4.0.1')));
      kubelet.isSlow = (pod) => pod === 'orders-2';
      await give(orderOf(2, spec('4.1.1')));
      await until(({ brokers }) => brokers.some((one) => one.version === '4.1.1' && one.state === 'restarting'));
      await changeByHand(plane, set(), { replicas: 4 }, 'autoscaler');
      expect(await apply(orderOf(3, spec('4.1.1'), 'hold'))).toMatchObject({ kind: 'accepted' });
      kubelet.isSlow = () => false;
      const held = await until((seen) => seen.held && seen.brokers.length === 4);
      expect(held.running.replicas).toBe(4);
      expect(held.brokers.filter(({ ordinal }) => ordinal < 2).map(({ version }) => version)).toEqual(['4.0.1', '4.0.1']);
    });

    it('are seen when they change the image by hand, and nothing is rolled by us then', async () => {
      await running();
      await give(orderOf(1, spec('4.1.1')));
      await until(isRolled);
      await changeByHand(plane, set(), { template: { spec: { containers: [{ name: 'kafka', image: 'example/kafka:4.0.1' }] } } });
      const seen = await until(({ running: { version } }) => version === '4.0.1');
      expect(seen.rolled).toBe(false);
      expect(await until(({ detail }) => detail?.includes('changed by hand') === true)).toMatchObject({ rolled: false });
    });

    it('spoil no more than their own object with an epoch that is none', async () => {
      await running();
      await plane.must('PATCH', set(), { metadata: { annotations: { 'flotilla.dev/epoch': 'many' } } }, 'application/merge-patch+json');
      await expect
        .poll(() => look())
        .toMatchObject({ kind: 'unknown', missing: false, cause: expect.stringContaining('flotilla.dev/epoch') });
      expect(await apply(orderOf(1, spec('4.1.1')))).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('flotilla.dev/epoch'),
      });
    });
  });

  describe('a Deployment', () => {
    it('rolls, is paused in the middle, and goes on', async () => {
      const connect = open(connectionOf(bot.token), { kind: 'Deployment', configMap: undefined });
      const wanted = (version: string) => spec(version, { config: {} });
      await makeDeployment(plane, { namespace, name: 'orders', image: 'example/kafka:4.0.1', replicas: REPLICAS });
      await until(isReady, connect);
      kubelet.isSlow = () => true;
      await give(orderOf(1, wanted('4.1.1')), connect);
      await until(({ brokers }) => brokers.some(({ version }) => version === '4.1.1'), connect);
      await give(orderOf(2, wanted('4.1.1'), 'hold'), connect);
      kubelet.isSlow = () => false;
      const held = await until((seen) => seen.held, connect);
      expect(held.brokers.map(({ version }) => version)).toContain('4.0.1');
      expect((await plane.must('GET', deploymentPath({ namespace, name: 'orders' }))) as object).toMatchObject({ spec: { paused: true } });
      await give(orderOf(3, wanted('4.1.1')), connect);
      expect(at('4.1.1')(await until(isRolled, connect))).toBe(REPLICAS);
      expect(await apply(orderOf(2, wanted('4.0.1')), connect)).toMatchObject({ kind: 'stale', seen: 3 });
    });
  });

  describe('an API server', () => {
    it('that refuses us says what is missing, to people', async () => {
      await running();
      const denied = open(connectionOf(stranger.token));
      expect(await look(denied)).toMatchObject({
        kind: 'unknown',
        missing: false,
        cause: expect.stringContaining('User "stranger" cannot list'),
      });
      const reply = await apply(orderOf(1, spec('4.1.1')), denied);
      expect(reply).toMatchObject({
        kind: 'refused',
        reason: expect.stringMatching(/may not do this \(403\).*stranger.*docs\/kubernetes\.md/),
      });
    });

    it('that takes credentials no more makes everything unknown, until the kubeconfig is renewed', async () => {
      await running();
      const guest = account('flotilla');
      const file = kubeconfigOf(guest.token);
      plane.allow([bot, stranger, guest]);
      await plane.killServer();
      await plane.startServer();
      const through = open(new KubeconfigConnection({ context: 'test', files: file }));
      await until(isReady, through);
      plane.allow([bot, stranger]);
      await plane.killServer();
      await plane.startServer();
      const seen = await look(through);
      expect(seen).toMatchObject({ kind: 'unknown', missing: false, cause: expect.stringContaining('credentials are not accepted (401)') });
      await expect(through.apply([orderOf(1, spec('4.1.1'))])).rejects.toThrow('credentials are not accepted (401)');
      writeFileSync(file, plane.kubeconfig(bot.token));
      await until(isReady, through);
    });

    it('that was away, and has forgotten where we were, tells everything anew', async () => {
      await running();
      let isAway = false;
      const refusals: unknown[] = [];
      const whole = connectionOf(bot.token);
      const through = open({
        ask: async (request) => {
          if (isAway) throw new NoAnswer('it is away');
          return await whole.ask(request);
        },
        stream: async (...[path, onOpen, onLine, signal]) => {
          if (isAway) throw new NoAnswer('it is away');
          const heard = (line: string) => {
            if (line.includes('"ERROR"')) refusals.push(JSON.parse(line));
            onLine(line);
          };
          const refused = await whole.stream(path, onOpen, heard, signal);
          if (refused !== undefined) refusals.push({ object: refused.body });
          return refused;
        },
      });
      await give(orderOf(1, spec('4.0.1')), through);
      await until(isRolled, through);
      const stop = new AbortController();
      const seen: Observation[] = [];
      through.watch((one) => seen.push(one), stop.signal);
      isAway = true;
      await plane.killServer();
      const away = { kind: 'unknown', missing: false, cause: expect.stringContaining('it is away') };
      await expect.poll(() => look(through)).toMatchObject(away);
      await expect(through.list()).rejects.toThrow('it is away');
      await plane.startServer();
      await changeByHand(plane, set(), { replicas: 2 });
      await expect.poll(async () => (await podsNow()).length).toBe(2);
      // What a server remembers of changes begins when it starts: after the one that we have not heard of.
      await plane.killServer();
      await plane.startServer();
      isAway = false;
      await until(({ running: { replicas }, brokers }) => replicas === 2 && brokers.length === 2, through);
      await expect.poll(() => seen.some((one) => one.kind === 'observed' && one.running.replicas === 2)).toBe(true);
      expect(refusals).toContainEqual(expect.objectContaining({ object: expect.objectContaining({ code: 410 }) }));
      stop.abort();
    });
  });
});
