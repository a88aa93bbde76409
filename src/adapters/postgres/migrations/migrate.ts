import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { SCHEMA } from '../connection.ts';
import { storeError, toPortError } from '../errors.ts';
import { enforceWords } from '../word-checks.ts';
import { up as initial } from './0001-initial.ts';
import { up as rolloutPerRelease } from './0002-rollout-per-release.ts';
import { up as leases } from './0003-leases.ts';
import { up as history } from './0004-history.ts';
import { up as pulls } from './0005-pulls.ts';
import { up as jobs } from './0006-jobs.ts';
import { up as commands } from './0007-commands.ts';
import { up as fleetIdentity } from './0009-fleet-identity.ts';
import { up as cursors } from './0011-cursors.ts';
import { up as workloads } from './0012-workloads.ts';
import { up as ruleApprovals } from './0013-rule-approvals.ts';

/** In order, and never changed once released: a database remembers them by name. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': { up: initial },
  '0002-rollout-per-release': { up: rolloutPerRelease },
  '0003-leases': { up: leases },
  '0004-history': { up: history },
  '0005-pulls': { up: pulls },
  '0006-jobs': { up: jobs },
  '0007-commands': { up: commands },
  '0009-fleet-identity': { up: fleetIdentity },
  '0011-cursors': { up: cursors },
  '0012-workloads': { up: workloads },
  '0013-rule-approvals': { up: ruleApprovals },
};

/** Their names are in order: a database with a later one was updated by a newer program. */
export const NEWEST_MIGRATION = Object.keys(MIGRATIONS).toSorted().at(-1) ?? '';

/**
 * Brings the database to this program's schema and words, each migration in a transaction, under an advisory lock. Forward only.
 *
 * @throws PortError when a newer program has written the database: its tables may mean other things.
 */
export async function migrate<Tables>(db: Kysely<Tables>): Promise<void> {
  const unknown = (await applied(db)).filter((name) => !(name in MIGRATIONS));
  if (unknown.length > 0) {
    throw storeError(
      'migrate',
      'needs-human',
      `the database was written by a newer Flotilla (it knows ${unknown.join(', ')}); start that version or a later one, or restore a backup from before the update`,
    );
  }
  const { error } = await migratorOf(db).migrateToLatest();
  if (error !== undefined) throw toPortError('migrate', error);
  await enforceWords(db);
}

export function migratorOf<Tables>(db: Kysely<Tables>): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
    migrationTableSchema: SCHEMA,
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
  });
}

async function applied<Tables>(db: Kysely<Tables>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.schema === SCHEMA && table.name === 'migrations')) return [];
  const { rows } = await sql<{ readonly name: string }>`select name from ${sql.table(`${SCHEMA}.migrations`)}`.execute(db);
  return rows.map((row) => row.name);
}
