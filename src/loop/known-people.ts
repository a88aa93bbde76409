import type { ChangeRef } from '../core/command/brought-change.ts';
import type { KnownPerson, PeopleBehind } from '../core/command/who-may.ts';
import type { Instant } from '../core/model/time.ts';
import type { Role } from '../core/reconcile/policy.ts';
import type { FoundBehind } from '../ports/code-host.ts';

/** What was asked of the code host counts for this long: whoever leaves a team may do no more a minute later. */
const FRESH_MS = 60_000;
/** Far more than command one fleet in a minute. */
const PEOPLE_MAX = 1_000;

interface Seen<T> {
  readonly value: T;
  readonly at: Instant;
}

interface Entry {
  role: Seen<Role> | undefined;
  readonly teams: Map<string, Seen<boolean>>;
}

const keyOf = (change: ChangeRef): string => (change.kind === 'pull' ? `#${change.number}` : change.sha);

/** What the code host said of people, for a minute. Only a cache: what is not in it is not known, and lets nobody in. */
export class KnownPeople {
  readonly #people = new Map<string, Entry>();
  /** Who has a part in a change, by its key. */
  readonly #behind = new Map<string, Seen<PeopleBehind>>();

  /** @param change - that is approved, where one is. */
  known(login: string, now: Instant, change?: ChangeRef): KnownPerson {
    const entry = this.#people.get(login.toLowerCase());
    const fresh = ({ at }: Seen<unknown>): boolean => now >= at && now - at < FRESH_MS;
    const teams = [...(entry?.teams ?? [])].filter(([, seen]) => fresh(seen)).map(([team, { value }]) => [team, value] as const);
    const behind = change === undefined ? undefined : this.#behind.get(keyOf(change));
    return {
      behind: behind !== undefined && fresh(behind) ? behind.value : undefined,
      teams: new Map(teams),
      role: entry?.role !== undefined && fresh(entry.role) ? entry.role.value : undefined,
    };
  }

  learnRole(login: string, role: Role, at: Instant): void {
    this.#entry(login).role = { value: role, at };
  }

  learnTeam(login: string, team: string, isMember: boolean, at: Instant): void {
    this.#entry(login).teams.set(team.toLowerCase(), { value: isMember, at });
  }

  learnBehind(change: ChangeRef, { logins, whyNotAll }: FoundBehind, at: Instant): void {
    const key = keyOf(change);
    this.#behind.delete(key);
    this.#behind.set(key, { value: { logins: new Set(logins.map((login) => login.toLowerCase())), whyNotAll }, at });
    const [oldest] = this.#behind.keys();
    if (this.#behind.size > PEOPLE_MAX && oldest !== undefined) this.#behind.delete(oldest);
  }

  /** There is news of the pull request: others may have a part in it by now. */
  forgetBehind(pull: number): void {
    this.#behind.delete(keyOf({ kind: 'pull', number: pull }));
  }

  /** The newest are kept. */
  #entry(login: string): Entry {
    const key = login.toLowerCase();
    const entry: Entry = this.#people.get(key) ?? { role: undefined, teams: new Map() };
    this.#people.delete(key);
    this.#people.set(key, entry);
    const [oldest] = this.#people.keys();
    if (this.#people.size > PEOPLE_MAX && oldest !== undefined) this.#people.delete(oldest);
    return entry;
  }
}
