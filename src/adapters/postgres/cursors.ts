import { sql } from 'kysely';
import type { Database } from './database.ts';
import { jsonb, plainText } from './rows.ts';

export async function cursor(db: Database, name: string): Promise<unknown> {
  const { rows } = await sql<{ readonly position: unknown }>`select position from cursors where name = ${plainText(name)}`.execute(db);
  return rows[0]?.position;
}

export async function saveCursor(db: Database, name: string, position: object): Promise<void> {
  await sql`
    insert into cursors (name, position) values (${plainText(name)}, ${jsonb(position)})
    on conflict (name) do update set position = excluded.position`.execute(db);
}
