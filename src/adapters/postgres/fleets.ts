import { type SelectQueryBuilder, sql } from 'kysely';
import type { FleetId } from '../../core/model/ids.ts';
import type { FleetRecord } from '../../ports/state-store.ts';
import type { Database } from './database.ts';
import { integer, object, optional, type Read, record, text } from './read-json.ts';
import { plainText, readRow } from './rows.ts';
import type { Schema } from './schema.ts';
import { commitSha, fleetId } from './shapes.ts';

/** Heads and version belong to `commit`: what was read of them before must not undo what was committed since. */
export async function saveFleet(db: Database, fleet: FleetRecord): Promise<void> {
  await db
    .insertInto('fleets')
    .values({
      id: fleet.id,
      installation: fleet.installation,
      owner: plainText(fleet.owner),
      name: plainText(fleet.name),
      default_branch: plainText(fleet.defaultBranch),
      clone_url: plainText(fleet.cloneUrl),
      seen_head: fleet.seenHead ?? null,
      good_head: fleet.goodHead ?? null,
      version: fleet.version,
    })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        installation: eb.ref('excluded.installation'),
        owner: eb.ref('excluded.owner'),
        name: eb.ref('excluded.name'),
        default_branch: eb.ref('excluded.default_branch'),
        clone_url: eb.ref('excluded.clone_url'),
      })),
    )
    .execute();
}

export async function fleets(db: Database): Promise<readonly FleetRecord[]> {
  const rows = await selectFleets(db).orderBy('id').execute();
  return rows.map(fleetOf);
}

export async function fleet(db: Database, id: FleetId): Promise<FleetRecord | undefined> {
  const row = await selectFleets(db).where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : fleetOf(row);
}

function selectFleets(db: Database): SelectQueryBuilder<Schema, 'fleets', Row> {
  return db
    .selectFrom('fleets')
    .select(['id', 'installation', 'owner', 'name', 'version'])
    .select([sql<string>`default_branch`.as('defaultBranch'), sql<string>`clone_url`.as('cloneUrl')])
    .select([sql<string | null>`seen_head`.as('seenHead'), sql<string | null>`good_head`.as('goodHead')]);
}

interface Row {
  readonly id: string;
}

const read: Read<FleetRecord> = record<FleetRecord>({
  id: fleetId,
  installation: integer,
  owner: text,
  name: text,
  defaultBranch: text,
  cloneUrl: text,
  seenHead: optional(commitSha),
  goodHead: optional(commitSha),
  version: integer,
});

const fleetOf = (row: Row): FleetRecord => readRow('fleets', row.id, read, object(row));
