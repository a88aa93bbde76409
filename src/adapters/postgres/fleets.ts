import { type Decoder, mapped, maybe, object, text, word } from '../../core/model/decode.ts';
import type { FleetId } from '../../core/model/ids.ts';
import { RETIREMENTS } from '../../core/model/retirement.ts';
import type { FleetRecord } from '../../ports/state-store.ts';
import type { Database } from './database.ts';
import { at, commitSha, fleetId, integer } from './decoders.ts';
import { plainText, readRow } from './rows.ts';

/** Heads and version belong to `commit`: what was read of them before must not undo what was committed since. */
export async function saveFleet(db: Database, fleet: FleetRecord): Promise<void> {
  await db
    .insertInto('fleets')
    .values({
      id: fleet.id,
      repository: fleet.repository ?? null,
      installation: fleet.installation,
      owner: plainText(fleet.owner),
      name: plainText(fleet.name),
      default_branch: plainText(fleet.defaultBranch),
      clone_url: plainText(fleet.cloneUrl),
      retired_why: fleet.retired?.why ?? null,
      retired_since: fleet.retired?.since ?? null,
      seen_head: fleet.seenHead ?? null,
      good_head: fleet.goodHead ?? null,
      version: fleet.version,
    })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({
        repository: eb.ref('excluded.repository'),
        installation: eb.ref('excluded.installation'),
        owner: eb.ref('excluded.owner'),
        name: eb.ref('excluded.name'),
        default_branch: eb.ref('excluded.default_branch'),
        clone_url: eb.ref('excluded.clone_url'),
        retired_why: eb.ref('excluded.retired_why'),
        retired_since: eb.ref('excluded.retired_since'),
      })),
    )
    .execute();
}

export async function fleets(db: Database): Promise<readonly FleetRecord[]> {
  const rows = await db.selectFrom('fleets').selectAll().orderBy('id').execute();
  return rows.map((row) => readRow('fleets', row.id, fleetRow, row));
}

export async function fleet(db: Database, id: FleetId): Promise<FleetRecord | undefined> {
  const row = await db.selectFrom('fleets').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : readRow('fleets', row.id, fleetRow, row);
}

export async function fleetOfRepository(db: Database, repository: number): Promise<FleetRecord | undefined> {
  const row = await db.selectFrom('fleets').selectAll().where('repository', '=', repository).executeTakeFirst();
  return row === undefined ? undefined : readRow('fleets', row.id, fleetRow, row);
}

const fleetRow: Decoder<FleetRecord> = mapped(
  object({
    id: fleetId,
    repository: maybe(integer),
    installation: integer,
    owner: text,
    name: text,
    default_branch: text,
    clone_url: text,
    retired_why: maybe(word(RETIREMENTS)),
    retired_since: maybe(at),
    seen_head: maybe(commitSha),
    good_head: maybe(commitSha),
    version: integer,
  }),
  ({
    default_branch: defaultBranch,
    clone_url: cloneUrl,
    retired_why: why,
    retired_since: since,
    seen_head: seenHead,
    good_head: goodHead,
    ...same
  }): FleetRecord => ({
    ...same,
    ...{ defaultBranch, cloneUrl, seenHead, goodHead },
    retired: why === undefined || since === undefined ? undefined : { why, since },
  }),
);
