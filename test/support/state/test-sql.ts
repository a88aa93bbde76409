import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { WORK } from '../../../src/adapters/postgres/jobs.ts';
import { readPostmaster } from '../../../src/adapters/postgres/postmaster.ts';

/** A look into the database of an embedded server, beside the bot that has it open. */
export class TestSql {
  readonly client: pg.Client;

  private constructor(client: pg.Client) {
    this.client = client;
  }

  static async open(folder: string, database = 'flotilla'): Promise<TestSql> {
    const { port } = (await readPostmaster(join(folder, 'data'))) ?? {};
    const password = (await readFile(join(folder, 'password'), 'utf8')).trim();
    const client = new pg.Client({ host: '127.0.0.1', port: port ?? 0, user: 'flotilla', password, database });
    client.on('error', () => undefined);
    await client.connect();
    return new TestSql(client);
  }

  async addJob(key: string, queue: string): Promise<void> {
    await this.client.query(`insert into flotilla.jobs (task, payload, queue, key, run_at) values ('tick', $1, $2, $3, now())`, [
      JSON.stringify({ key }),
      queue,
      key,
    ]);
    await this.client.query(`notify ${WORK}`);
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
