import { CoreV1Api, type Informer, KubeConfig, makeInformer, PatchStrategy, setHeaderOptions, type V1Pod } from '@kubernetes/client-node';

const NODE = 'test-node';
const READY_AFTER_MS = 120;
const GONE_AFTER_MS = 60;
const BACK_OFF_MS = 100;

/**
 * The node of all pods: takes every pod that nobody has, and makes it ready after a moment. No container runs. The tag of an image
 * can say otherwise: one that ends with `crash` crashes again and again, one that ends with `never` runs and never gets ready.
 */
export class Kubelet {
  readonly #core: CoreV1Api;
  readonly #informer: Informer<V1Pod>;
  readonly #begun = new Map<string, NodeJS.Timeout | undefined>();
  #stopped = false;
  /** Names of the pods that have ended, in that order. */
  readonly ended: string[] = [];
  /** Pods stay unready from now on, as long as this says so. */
  isSlow: (pod: string) => boolean = () => false;

  private constructor(kubeconfig: string) {
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    this.#core = config.makeApiClient(CoreV1Api);
    this.#informer = makeInformer(config, '/api/v1/pods', () => this.#core.listPodForAllNamespaces());
    this.#informer.on('add', (pod) => this.#see(pod));
    this.#informer.on('update', (pod) => this.#see(pod));
    this.#informer.on('delete', (pod) => this.#forget(pod));
    this.#informer.on('error', () => this.#later(() => this.#informer.start()));
  }

  static async start(kubeconfig: string): Promise<Kubelet> {
    const kubelet = new Kubelet(kubeconfig);
    await kubelet.#informer.start();
    return kubelet;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#begun.values()) clearTimeout(timer);
    await this.#informer.stop();
  }

  #see(pod: V1Pod): void {
    const uid = pod.metadata?.uid ?? '';
    if (pod.metadata?.deletionTimestamp !== undefined) this.#once(`${uid} end`, GONE_AFTER_MS, () => this.#end(pod));
    else if (pod.spec?.nodeName === undefined) this.#once(`${uid} bind`, 0, () => this.#bind(pod));
    else this.#once(`${uid} run`, READY_AFTER_MS, () => this.#run(pod, 0));
  }

  #forget(pod: V1Pod): void {
    for (const step of ['bind', 'run', 'end']) {
      clearTimeout(this.#begun.get(`${pod.metadata?.uid} ${step}`));
      this.#begun.delete(`${pod.metadata?.uid} ${step}`);
    }
  }

  #once(what: string, afterMs: number, act: () => Promise<void>): void {
    if (!this.#begun.has(what)) this.#again(what, afterMs, act);
  }

  /** Until it works: the API server may be away. */
  #again(what: string, afterMs: number, act: () => Promise<void>): void {
    const again = () => act().catch(() => this.#begun.has(what) && this.#again(what, BACK_OFF_MS, act));
    if (!this.#stopped)
      this.#begun.set(
        what,
        setTimeout(() => void again(), afterMs),
      );
  }

  async #bind(pod: V1Pod): Promise<void> {
    const { name, namespace } = nameOf(pod);
    const body = { metadata: { name }, target: { apiVersion: 'v1', kind: 'Node', name: NODE } };
    await this.#core.createNamespacedPodBinding({ name, namespace, body }).catch(unlessGone);
  }

  async #run(pod: V1Pod, restarts: number): Promise<void> {
    const image = pod.spec?.containers[0]?.image ?? '';
    const isCrashing = image.endsWith('crash');
    const isReady = !isCrashing && !image.endsWith('never') && !this.isSlow(nameOf(pod).name);
    await this.#report(pod, isReady, isCrashing ? restarts + 1 : 0);
    const uid = pod.metadata?.uid;
    if (!isReady) this.#again(`${uid} run`, BACK_OFF_MS, () => this.#run(pod, restarts + 1));
  }

  async #report(pod: V1Pod, isReady: boolean, restarts: number): Promise<void> {
    const { name, namespace } = nameOf(pod);
    const { name: container = '', image = '' } = pod.spec?.containers[0] ?? {};
    const now = new Date();
    const crashed = { exitCode: 1, reason: 'Error', startedAt: now, finishedAt: now };
    const crashing = {
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off restarting failed container' } },
      lastState: { terminated: crashed },
    };
    const status = {
      phase: 'Running',
      conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
        type,
        status: isReady || !type.endsWith('Ready') ? 'True' : 'False',
      })),
      containerStatuses: [
        {
          ...{ name: container, image, imageID: '', ready: isReady, restartCount: restarts },
          ...(restarts > 0 ? crashing : { state: { running: { startedAt: now } } }),
        },
      ],
    };
    const body = { metadata: { uid: pod.metadata?.uid }, status };
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    await this.#core.patchNamespacedPodStatus({ name, namespace, body }, merge).catch(unlessGone);
  }

  async #end(pod: V1Pod): Promise<void> {
    const { name, namespace } = nameOf(pod);
    clearTimeout(this.#begun.get(`${pod.metadata?.uid} run`));
    const preconditions = { uid: pod.metadata?.uid ?? '' };
    await this.#core.deleteNamespacedPod({ name, namespace, body: { gracePeriodSeconds: 0, preconditions } }).catch(unlessGone);
    this.ended.push(name);
  }

  #later(act: () => Promise<void>): void {
    if (this.#stopped) return;
    setTimeout(() => this.#stopped || act().catch(() => this.#later(act)), BACK_OFF_MS).unref();
  }
}

const nameOf = ({ metadata }: V1Pod) => ({ name: metadata?.name ?? '', namespace: metadata?.namespace ?? '' });

/** The pod, or the one of this uid, is no more. */
function unlessGone(error: unknown): void {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code !== 404 && code !== 409) throw error;
}
