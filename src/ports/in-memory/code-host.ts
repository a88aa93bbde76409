import type { ChangeRef } from '../../core/command/brought-change.ts';
import { type CommitSha, type FleetId, trusted } from '../../core/model/ids.ts';
import { type Instant, instant } from '../../core/model/time.ts';
import type {
  Annotation,
  CheckWrite,
  CodeHost,
  CodeHostApp,
  FoundBehind,
  Installation,
  InstalledRepository,
  IssueWrite,
  PullInfo,
  Reaction,
  WebhookDelivery,
} from '../code-host.ts';
import { PortError } from '../port-error.ts';
import { expectShort } from './code-host-limits.ts';
import { called, type OnCall } from './on-call.ts';
import { storable } from './storable.ts';

type CommentWrite = Parameters<CodeHost['writeComment']>[0];
type Role = Awaited<ReturnType<CodeHost['roleOf']>>;

const ACTIONS_MAX = 3;

/** As whom our writes are shown. */
export const OUR_LOGIN = 'flotilla[bot]';

export interface WrittenComment {
  readonly id: number;
  readonly pull: number;
  readonly author: string;
  readonly body: string;
}

export type WrittenCheck = Omit<CheckWrite, 'id' | 'isNew'> & { readonly id: number };

export type WrittenIssue = Omit<IssueWrite, 'number' | 'marker' | 'labels'> & {
  readonly number: number;
  readonly author: string;
  readonly labels: readonly string[];
};

export interface RecordedCall {
  readonly operation: string;
  readonly argument: unknown;
  /** False: the caller got an error, whether or not it was done. */
  readonly answered: boolean;
}

export interface InMemoryRepositoryOptions extends Omit<InstalledRepository, 'id' | 'closed' | 'pushedAt'> {
  /** False: its default branch holds no Fleet document. */
  readonly holdsFleet?: boolean;
  /** Of the repository; 1,001 when left out. */
  readonly id?: number;
  readonly onCall?: OnCall;
  /** False: issues are switched off. */
  readonly hasIssues?: boolean;
}

/**
 * One repository on a code host that is a few maps: what the bot wrote there, and what people did. Held to the contract of the
 * real one, also in what goes wrong: a comment that a person deleted, an id that was lost, an annotation that cannot be taken back.
 */
export class InMemoryRepository implements CodeHost {
  /** The key of its fleet, when this name is the first under which it was seen. */
  readonly id: FleetId;
  /** Whether its default branch holds a Fleet document, for those who only look. */
  holdsFleet: boolean;
  /** What the calls would be over the wire; to be cut short by whoever reads it. A change, of whatever kind, counts as a write. */
  readonly requests: ('read' | 'create' | 'change')[] = [];
  /** Every call, in order; to be cut short by whoever reads it. */
  readonly calls: RecordedCall[] = [];
  readonly #onCall: OnCall | undefined;
  readonly #hasIssues: boolean;
  readonly #comments = new Map<number, WrittenComment>();
  readonly #checks = new Map<number, WrittenCheck>();
  readonly #issues = new Map<number, WrittenIssue>();
  readonly #pulls = new Map<number, PullInfo>();
  readonly #merges: number[] = [];
  readonly #roles = new Map<string, Role>();
  #installed: InstalledRepository;
  readonly #members = new Map<string, Set<string>>();
  readonly #committers = new Map<number, readonly string[]>();
  readonly #whyNotAll = new Map<number, string | undefined>();
  readonly #behindCommits = new Map<CommitSha, FoundBehind>();
  /** By pull request, then by login: the head that the newest review approves. */
  readonly #reviews = new Map<number, Map<string, CommitSha | undefined>>();
  readonly #reactions = new Map<number, Set<Reaction>>();
  #isInstalled = true;
  #lastId = 1_000;
  #lastNumber = 0;

  constructor(options: InMemoryRepositoryOptions) {
    const { id = FIRST_ID, installation, owner, name, defaultBranch, cloneUrl } = options;
    this.#installed = { id, installation, owner, name, defaultBranch, cloneUrl, pushedAt: '', closed: undefined };
    this.holdsFleet = options.holdsFleet ?? true;
    this.id = trusted.fleet(`${owner}/${name}`.toLowerCase());
    this.#onCall = options.onCall;
    this.#hasIssues = options.hasIssues ?? true;
  }

  get installed(): InstalledRepository {
    return this.#installed;
  }

  get isInstalled(): boolean {
    return this.#isInstalled;
  }

  // What the bot does.

  writeCheck(check: CheckWrite): Promise<{ readonly id: number }> {
    return this.#call('writeCheck', check, () => {
      const actions = check.actions ?? [];
      if (actions.length > ACTIONS_MAX) throw failure('writeCheck', `a check has at most ${ACTIONS_MAX} buttons`);
      expectShort('writeCheck', {
        check: [check.summary, check.text ?? ''],
        label: actions.flatMap(({ label, identifier }) => [label, identifier]),
        description: actions.map(({ description }) => description),
      });
      const known = check.id ?? (check.isNew === true ? undefined : this.check(check.headSha, check.name)?.id);
      const before = known === undefined ? undefined : this.#checks.get(known);
      this.#count(check, known);
      if (known !== undefined && check.annotations.length > 0) this.requests.push('read');
      const missing = check.annotations.filter((one) => before?.annotations.some((old) => isSame(one, old)) !== true);
      for (let sent = ANNOTATIONS_PER_REQUEST; sent < missing.length; sent += ANNOTATIONS_PER_REQUEST) this.requests.push('change');
      // Annotations cannot be taken back: where there are others, a new run of the same name takes this one's place.
      const id = before?.annotations.every((old) => check.annotations.some((one) => isSame(one, old))) ? before.id : this.#nextId();
      const { isNew: _isNew, ...written } = check;
      this.#checks.set(id, storable({ ...written, id }));
      return { id };
    });
  }

  writeComment(comment: CommentWrite): Promise<{ readonly id: number }> {
    return this.#call('writeComment', comment, () => {
      expectShort('writeComment', { body: [comment.body] });
      if (!this.#pulls.has(comment.pull)) throw failure('writeComment', `there is no pull request ${comment.pull}`);
      const isThere = comment.id !== undefined && this.#comments.has(comment.id);
      const known = isThere ? comment.id : comment.id === undefined && comment.isNew === true ? undefined : this.#adoptComment(comment);
      this.#count({ ...comment, id: isThere ? comment.id : undefined }, known);
      const id = known ?? this.#nextId();
      this.#comments.set(id, { id, pull: comment.pull, author: OUR_LOGIN, body: comment.body });
      return { id };
    });
  }

  writeIssue(issue: IssueWrite): Promise<{ readonly number: number }> {
    return this.#call('writeIssue', issue, () => {
      expectShort('writeIssue', { body: [issue.body], title: [issue.title] });
      if (!this.#hasIssues) throw failure('writeIssue', 'issues are switched off (410); switch them on in the settings of the repository');
      const { number: known, marker, ...written } = issue;
      const isThere = known !== undefined && this.#issues.has(known);
      const found = isThere ? known : this.#issueWith(marker)?.number;
      this.#count({ id: isThere ? known : undefined }, found);
      if (found === undefined && issue.state === 'closed') this.requests.push('change');
      const number = found ?? this.#nextNumber();
      // People put labels of their own on an issue; ours are set when it is made.
      const labels = this.#issues.get(number)?.labels ?? written.labels;
      this.#issues.set(number, storable({ ...written, labels, number, author: OUR_LOGIN }));
      return { number };
    });
  }

  openPulls(): Promise<readonly PullInfo[]> {
    return this.#call('openPulls', undefined, () => [...this.#pulls.values()].filter(({ state }) => state === 'open'));
  }

  pull(number: number): Promise<PullInfo | undefined> {
    return this.#call('pull', number, () => this.#pulls.get(number));
  }

  pullsOfCommit(sha: CommitSha): Promise<readonly PullInfo[]> {
    return this.#call('pullsOfCommit', sha, () => {
      const merged = this.#merges.toReversed().flatMap((number) => this.#pulls.get(number) ?? []);
      const { defaultBranch } = this.installed;
      return merged.filter((pull) => pull.baseRef === defaultBranch && (pull.mergeCommit === sha || pull.headSha === sha));
    });
  }

  repository(): Promise<{ readonly defaultBranch: string; readonly cloneUrl: string }> {
    const { defaultBranch, cloneUrl } = this.installed;
    return this.#call('repository', undefined, () => ({ defaultBranch, cloneUrl }));
  }

  roleOf(login: string): Promise<Role> {
    return this.#call('roleOf', login, () => this.#roles.get(login.toLowerCase()) ?? 'none');
  }

  isMember(team: string, login: string): Promise<boolean> {
    return this.#call('isMember', { team, login }, () => this.#members.get(team.toLowerCase())?.has(login.toLowerCase()) ?? false);
  }

  peopleBehind(change: ChangeRef): Promise<FoundBehind> {
    return this.#call('peopleBehind', change, () => {
      const by = change.kind === 'commit' ? [...this.#pulls.values()].find(({ mergeCommit }) => mergeCommit === change.sha) : undefined;
      const ref = by === undefined ? change : ({ kind: 'pull', number: by.number } as const);
      if (ref.kind === 'commit') return this.#behindCommits.get(ref.sha) ?? { logins: [], whyNotAll: 'nobody knows who has pushed it' };
      const { number } = ref;
      const found = this.#pulls.get(number);
      if (found === undefined) throw failure('peopleBehind', `there is no pull request ${number}`);
      const logins = [...new Set([found.author, ...(this.#committers.get(number) ?? [])])];
      return { logins, whyNotAll: this.#whyNotAll.get(number) };
    });
  }

  approvingReviewers(pull: number, head: CommitSha): Promise<readonly string[]> {
    return this.#call('approvingReviewers', { pull, head }, () =>
      [...(this.#reviews.get(pull) ?? [])].flatMap(([login, approved]) => (approved === head ? [login] : [])),
    );
  }

  react(comment: number, reaction: Reaction): Promise<void> {
    return this.#call('react', { comment, reaction }, () => {
      if (this.#comments.has(comment)) this.#reactions.set(comment, new Set([...(this.#reactions.get(comment) ?? []), reaction]));
    });
  }

  gitToken(): Promise<string> {
    return this.#call('gitToken', undefined, () => `token of installation ${this.installed.installation}`);
  }

  // What people do, and see.

  /** Opens a pull request into the default branch. @returns its number. */
  openPull(fields: Pick<PullInfo, 'headSha' | 'author' | 'title'> & Partial<PullInfo>): number {
    const number = fields.number ?? this.#nextNumber();
    this.#lastNumber = Math.max(this.#lastNumber, number);
    const blank = { baseRef: this.installed.defaultBranch, draft: false, state: 'open', merged: false, fork: false } as const;
    this.#pulls.set(number, { ...blank, mergeCommit: undefined, ...storable(fields), number });
    return number;
  }

  /** A push to it, a new title, a change to draft. @throws Error when there is no such pull request. */
  changePull(number: number, change: Partial<Omit<PullInfo, 'number'>>): void {
    const pull = this.#pulls.get(number);
    if (pull === undefined) throw new Error(`there is no pull request ${number}`);
    this.#pulls.set(number, { ...pull, ...storable(change), number });
  }

  closePull(number: number): void {
    this.changePull(number, { state: 'closed' });
  }

  mergePull(number: number, mergeCommit: CommitSha): void {
    this.changePull(number, { state: 'closed', merged: true, mergeCommit });
    this.#merges.push(number);
  }

  /** A comment of a person. @returns its id. */
  say(pull: number, author: string, body: string): number {
    const id = this.#nextId();
    this.#comments.set(id, { id, pull, author, body });
    return id;
  }

  deleteComment(id: number): void {
    this.#comments.delete(id);
  }

  label(issue: number, label: string): void {
    const written = this.#issues.get(issue);
    if (written === undefined) throw new Error(`there is no issue ${issue}`);
    this.#issues.set(issue, storable({ ...written, labels: [...written.labels, label] }));
  }

  unlabel(issue: number, label: string): void {
    const written = this.#issues.get(issue);
    if (written === undefined) throw new Error(`there is no issue ${issue}`);
    this.#issues.set(issue, storable({ ...written, labels: written.labels.filter((one) => one !== label) }));
  }

  /** An issue of a person. @returns its number. */
  openIssue(author: string, body: string): number {
    const number = this.#nextNumber();
    this.#issues.set(number, storable({ title: 'Mine', body, labels: ['mine'], state: 'open', number, author }));
    return number;
  }

  setRole(login: string, role: Role): void {
    this.#roles.set(login.toLowerCase(), role);
  }

  /** Renamed, transferred, archived, or opened again. */
  change(change: Partial<Omit<InstalledRepository, 'id'>>): void {
    this.#installed = storable({ ...this.#installed, ...change });
  }

  /** A person reviews a pull request. @param approves - this head; `undefined`: asks for changes, or the review is dismissed. */
  review(pull: number, login: string, approves: CommitSha | undefined): void {
    const known = this.#reviews.get(pull) ?? new Map<string, CommitSha | undefined>();
    this.#reviews.set(pull, known.set(login, approves));
  }

  /** Authors, committers and pushers of a pull request's commits, besides its own author. @param whyNotAll - others cannot be told. */
  setCommitters(pull: number, logins: readonly string[], whyNotAll?: string): void {
    this.#committers.set(pull, logins);
    this.#whyNotAll.set(pull, whyNotAll);
  }

  /** Who has made and pushed a commit of the default branch. */
  setBehindCommit(sha: CommitSha, behind: FoundBehind): void {
    this.#behindCommits.set(sha, behind);
  }

  setTeam(team: string, members: readonly string[]): void {
    this.#members.set(team.toLowerCase(), new Set(members.map((login) => login.toLowerCase())));
  }

  /** Ours on a comment, in the order in which they were put there. */
  reactions(comment: number): readonly Reaction[] {
    return [...(this.#reactions.get(comment) ?? [])];
  }

  /** From now on the app is not installed here: every call fails, until it is again. */
  install(installed: boolean): void {
    this.#isInstalled = installed;
  }

  /** Comments on a pull request, oldest first. */
  comments(pull: number): readonly WrittenComment[] {
    return [...this.#comments.values()].filter((comment) => comment.pull === pull).sort((a, b) => a.id - b.id);
  }

  /** Check runs of a commit, oldest first. */
  checks(headSha: CommitSha): readonly WrittenCheck[] {
    return [...this.#checks.values()].filter((check) => check.headSha === headSha).sort((a, b) => a.id - b.id);
  }

  /** The check run that a person sees under this name. */
  check(headSha: CommitSha, name: string): WrittenCheck | undefined {
    return this.checks(headSha).findLast((check) => check.name === name);
  }

  issues(): readonly WrittenIssue[] {
    return [...this.#issues.values()].sort((a, b) => a.number - b.number);
  }

  /** What has no id is looked for, unless nothing can be there. */
  #count({ id, isNew }: { readonly id?: number | undefined; readonly isNew?: boolean | undefined }, found: number | undefined): void {
    if (id === undefined && isNew !== true) this.requests.push('read');
    this.requests.push(found === undefined ? 'create' : 'change');
  }

  async #call<T>(operation: string, argument: unknown, work: () => T): Promise<T> {
    const call = { operation, argument: storable(argument), answered: false };
    this.calls.push(call);
    if (!operation.startsWith('write') && operation !== 'gitToken') this.requests.push(operation === 'react' ? 'create' : 'read');
    if (operation === 'peopleBehind') this.requests.push('read', 'read');
    const result = await called(this.#onCall, `code-host.${operation}`, () => {
      if (!this.#isInstalled) throw failure(operation, 'the repository is not there, or not shown to the app (404)');
      return storable(work());
    });
    call.answered = true;
    return result;
  }

  /** The oldest of ours with this marker; the others are deleted. */
  #adoptComment({ pull, marker }: CommentWrite): number | undefined {
    const [oldest, ...others] = this.comments(pull).filter(({ author, body }) => author === OUR_LOGIN && body.startsWith(marker));
    for (const { id } of others) this.#comments.delete(id);
    return oldest?.id;
  }

  #issueWith(marker: string): WrittenIssue | undefined {
    return this.issues().find(({ author, body }) => author === OUR_LOGIN && body.startsWith(marker));
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #nextNumber(): number {
    this.#lastNumber += 1;
    return this.#lastNumber;
  }
}

/** The app, with the repositories on which it is installed. */
export class InMemoryCodeHostApp implements CodeHostApp {
  readonly #onCall: OnCall | undefined;
  readonly #repositories = new Map<number, InMemoryRepository>();
  /** Repositories in which somebody looked for a Fleet document. */
  readonly looks: number[] = [];
  readonly #suspended = new Set<number>();
  readonly #uninstalled = new Set<number>();
  readonly #broken = new Set<number>();
  readonly #deliveries: WebhookDelivery[] = [];

  constructor(repositories: readonly InMemoryRepository[], onCall?: OnCall) {
    this.#onCall = onCall;
    for (const repository of repositories) this.add(repository);
  }

  add(repository: InMemoryRepository): void {
    this.#repositories.set(repository.installed.id, repository);
  }

  /** The same object each time. @throws Error when there is none. */
  repositoryOf(fleet: FleetId): InMemoryRepository {
    const repository = [...this.#repositories.values()].find(({ id }) => id === fleet);
    if (repository === undefined) throw new Error(`there is no repository ${fleet}`);
    return repository;
  }

  /** A webhook is sent, and arrives or not. */
  send(guid: string, delivered: boolean, at: Instant = instant(0)): void {
    const status = delivered ? '202' : '502';
    this.#deliveries.unshift({ id: this.#deliveries.length + 1, guid, event: 'push', at, delivered, status });
  }

  deliveries(after: number, most: number): Promise<readonly WebhookDelivery[]> {
    return called(this.#onCall, 'code-host.deliveries', () => this.#deliveries.filter(({ id }) => id > after).slice(0, most));
  }

  /** Fails again: whoever wants it to arrive sends it. */
  redeliver(id: number): Promise<void> {
    return called(this.#onCall, 'code-host.redeliver', () => {
      const known = this.#deliveries.find((delivery) => delivery.id === id);
      if (known === undefined) throw failure('redeliver', `there is no delivery ${id}`);
      this.send(known.guid, false, known.at);
    });
  }

  installations(): Promise<readonly Installation[]> {
    return called(this.#onCall, 'code-host.installations', () => {
      const ids = new Set([...this.#repositories.values()].map(({ installed }) => installed.installation));
      return [...ids].filter((id) => !this.#uninstalled.has(id)).map((id) => ({ id, isSuspended: this.#suspended.has(id) }));
    });
  }

  repositories(installation: number): Promise<readonly InstalledRepository[]> {
    return called(this.#onCall, 'code-host.repositories', () => {
      if (this.#broken.has(installation)) throw failure('repositories', `installation ${installation} cannot be listed`);
      return storable(this.#listed(installation).map(({ installed }) => installed));
    });
  }

  repository(installation: number, repository: number): Promise<InstalledRepository | undefined> {
    return called(this.#onCall, 'code-host.repository', () => {
      if (this.#broken.has(installation)) throw failure('repository', `installation ${installation} cannot be asked`);
      return storable(this.#listed(installation).find(({ installed }) => installed.id === repository)?.installed);
    });
  }

  holdsFleet({ id }: InstalledRepository): Promise<boolean> {
    return called(this.#onCall, 'code-host.holdsFleet', () => {
      this.looks.push(id);
      return this.#repositories.get(id)?.holdsFleet ?? false;
    });
  }

  // What people do with an installation, and what happens to it.

  suspend(installation: number, isSuspended: boolean): void {
    setIn(this.#suspended, installation, isSuspended);
  }

  uninstall(installation: number, isUninstalled: boolean): void {
    setIn(this.#uninstalled, installation, isUninstalled);
  }

  /** From now on nothing of it can be asked, until it can again. */
  breakInstallation(installation: number, isBroken: boolean): void {
    setIn(this.#broken, installation, isBroken);
  }

  #listed(installation: number): readonly InMemoryRepository[] {
    if (this.#suspended.has(installation) || this.#uninstalled.has(installation)) return [];
    return [...this.#repositories.values()].filter((one) => one.isInstalled && one.installed.installation === installation);
  }
}

const FIRST_ID = 1_001;
const ANNOTATIONS_PER_REQUEST = 50;

function setIn(set: Set<number>, value: number, isIn: boolean): void {
  if (isIn) set.add(value);
  else set.delete(value);
}

const failure = (operation: string, message: string): PortError =>
  new PortError({ port: 'code-host', operation, retry: { kind: 'needs-human' }, message });

const isSame = (one: Annotation, other: Annotation): boolean =>
  one.path === other.path &&
  one.line === other.line &&
  one.level === other.level &&
  one.title === other.title &&
  one.message === other.message;
