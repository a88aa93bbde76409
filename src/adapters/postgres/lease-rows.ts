import type pg from 'pg';
import type { FleetId } from '../../core/model/ids.ts';
import { evenShare } from './even-share.ts';
import { freeJobsOfTheDead } from './job-rows.ts';
import { NEWEST_MIGRATION } from './migrations/migrate.ts';

/** One running bot among those that share a database. */
export interface Replica {
  /** Another for each process. */
  readonly id: string;
  /** For a person who looks at the table. */
  readonly name: string;
}

/** How long a lease lasts that is not renewed, in milliseconds. */
export interface LeaseTerm {
  readonly leaseMs: number;
}

export interface Lease {
  readonly fleet: FleetId;
  /** Grows each time the fleet changes hands: what was begun under a lower one is refused. */
  readonly token: number;
}

/** What a replica learns from one beat of its heart. */
export interface Beat {
  /** All that it holds now, those that it has just taken among them. */
  readonly held: readonly Lease[];
  /** By how many it holds more than its share. */
  readonly surplus: number;
  /** When the next lease of another runs out, unless it is renewed, in milliseconds from now; `undefined` when others hold none. */
  readonly nextFreeMs: number | undefined;
  /** A newer program has updated the database: this one may not touch it any more. */
  readonly outdated: boolean;
}

/** Where replicas tell each other that something has changed about who holds what. */
export const NEWS = 'flotilla_leases';

/**
 * Says that this replica lives, renews its leases, clears away what dead ones have left, and takes free fleets up to its share.
 *
 * @param busy - fleets that it lost and still works on: what is under way for them was begun under another token.
 */
export async function beat(tx: pg.ClientBase, { id, name }: Replica, { leaseMs }: LeaseTerm, busy: readonly FleetId[]): Promise<Beat> {
  if (await isOutdated(tx)) return { held: [], surplus: 0, nextFreeMs: undefined, outdated: true };
  await sign(tx, { id, name }, leaseMs);
  const renewed = await renew(tx, id, leaseMs);
  await removeDead(tx);
  await freeJobsOfTheDead(tx);
  const share = evenShare(await countFleets(tx), await living(tx), id);
  const taken = renewed.length < share ? await take(tx, id, leaseMs, share - renewed.length, busy) : [];
  const surplus = Math.max(0, renewed.length - share);
  return { held: [...renewed, ...taken], surplus, nextFreeMs: await nextFree(tx, id), outdated: false };
}

async function isOutdated(tx: pg.ClientBase): Promise<boolean> {
  const { rows } = await tx.query('select from migrations where name > $1', [NEWEST_MIGRATION]);
  return rows.length > 0;
}

async function sign(tx: pg.ClientBase, { id, name }: Replica, leaseMs: number): Promise<void> {
  const { rows } = await tx.query<{ readonly isNew: boolean }>(
    `insert into replicas (id, name, expires_at) values ($1, $2, now() + $3 * interval '1 millisecond')
     on conflict (id) do update set expires_at = excluded.expires_at
     returning xmax = 0 as "isNew"`,
    [id, name, leaseMs],
  );
  // The others have a surplus from now on.
  if (rows[0]?.isNew === true) await tell(tx, id);
}

/** Also one that has run out, as long as nobody has taken the fleet: then nobody else has decided anything meanwhile. */
async function renew(tx: pg.ClientBase, id: string, leaseMs: number): Promise<readonly Lease[]> {
  const { rows } = await tx.query<Lease>(
    `update leases set expires_at = now() + $2 * interval '1 millisecond' where holder = $1 returning fleet, token`,
    [id, leaseMs],
  );
  return rows;
}

/** Those that another replica is looking at in this moment are left to it. */
async function removeDead(tx: pg.ClientBase): Promise<void> {
  await tx.query('delete from replicas where id in (select id from replicas where expires_at <= now() for update skip locked)');
}

async function countFleets(tx: pg.ClientBase): Promise<number> {
  await tx.query(
    'insert into leases (fleet) select id from fleets f where not exists (select from leases l where l.fleet = f.id) on conflict do nothing',
  );
  const { rows } = await tx.query<{ readonly fleets: number }>('select count(*)::int as fleets from leases');
  return rows[0]?.fleets ?? 0;
}

async function living(tx: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await tx.query<{ readonly id: string }>('select id from replicas where expires_at > now() order by started_at, id');
  return rows.map(({ id }) => id);
}

/** A lease that a transaction of its holder still leans on is passed over, however long ago it has run out. */
async function take(tx: pg.ClientBase, id: string, leaseMs: number, count: number, busy: readonly FleetId[]): Promise<readonly Lease[]> {
  const { rows } = await tx.query<Lease>(
    `with free as (
      select fleet from leases where expires_at <= now() and fleet <> all($4::text[]) order by fleet limit $3 for update skip locked
    )
    update leases set holder = $1, token = token + 1, expires_at = now() + $2 * interval '1 millisecond'
    from free where leases.fleet = free.fleet returning leases.fleet, leases.token`,
    [id, leaseMs, count, busy],
  );
  return rows;
}

async function nextFree(tx: pg.ClientBase, id: string): Promise<number | undefined> {
  const { rows } = await tx.query<{ readonly ms: number | null }>(
    'select extract(epoch from min(expires_at) - now())::float8 * 1000 as ms from leases where holder <> $1',
    [id],
  );
  return rows[0]?.ms ?? undefined;
}

/** Gives fleets back, for others to take at once. */
export async function release(tx: pg.ClientBase, id: string, fleets: readonly FleetId[]): Promise<void> {
  await tx.query(`update leases set holder = null, expires_at = '-infinity' where holder = $1 and fleet = any($2::text[])`, [id, fleets]);
  await tell(tx, id);
}

/** Gives everything back, and is no more: the shares of the others grow at once. */
export async function leave(tx: pg.ClientBase, id: string): Promise<void> {
  await tx.query(`update leases set holder = null, expires_at = '-infinity' where holder = $1`, [id]);
  await tx.query('delete from replicas where id = $1', [id]);
  await tell(tx, id);
}

const tell = async (tx: pg.ClientBase, id: string): Promise<void> => void (await tx.query('select pg_notify($1, $2)', [NEWS, id]));
