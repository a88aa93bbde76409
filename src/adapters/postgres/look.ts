import pg from 'pg';
import { clientConfig } from './connection.ts';

/** One look at a server: its version and its clock. @throws Error when it does not answer, or lets nobody in. */
export async function lookAtDatabase(connectionString: string): Promise<{ readonly major: number; readonly nowMs: number }> {
  const client = new pg.Client(clientConfig({ connectionString }, 'flotilla doctor'));
  // Told by the query that fails.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ readonly version: string; readonly now: string }>(
      "select current_setting('server_version_num') as version, extract(epoch from clock_timestamp()) * 1000 as now",
    );
    return { major: Math.floor(Number(rows[0]?.version) / 10_000), nowMs: Number(rows[0]?.now) };
  } finally {
    await client.end().catch(() => undefined);
  }
}
