import type { KnownPerson } from '../core/command/who-may.ts';
import type { Instant } from '../core/model/time.ts';
import type { Role } from '../core/reconcile/policy.ts';

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

/** What the code host said of people, for a minute. Only a cache: what is not in it is not known, and lets nobody in. */
export class KnownPeople {
  readonly #people = new Map<string, Entry>();
  /** Who has a part in a pull request, by its number. */
  readonly #behind = new Map<number, Seen<ReadonlySet<string>>>();

  /** @param pull - of the change that is approved, where one is. */
  known(login: string, now: Instant, pull?: number): KnownPerson {
    const entry = this.#people.get(login.toLowerCase());
    const fresh = ({ at }: Seen<unknown>): boolean => now >= at && now - at < FRESH_MS;
    const teams = [...(entry?.teams ?? [])].filter(([, seen]) => fresh(seen)).map(([team, { value }]) => [team, value] as const);
    const behind = pull === undefined ? undefined : this.#behind.get(pull);
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

  learnBehind(pull: number, logins: readonly string[], at: Instant): void {
    this.#behind.delete(pull);
    this.#behind.set(pull, { value: new Set(logins.map((login) => login.toLowerCase())), at });
    const [oldest] = this.#behind.keys();
    if (this.#behind.size > PEOPLE_MAX && oldest !== undefined) this.#behind.delete(oldest);
  }

  /** There is news of the pull request: others may have a part in it by now. */
  forgetBehind(pull: number): void {
    this.#behind.delete(pull);
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
