import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { ClusterState } from '../../ports/in-memory/simulated-clusters/cluster-state.ts';
import type { WorldFacts, WorldStore } from '../../ports/in-memory/simulated-clusters/world-store.ts';

const FORMAT = 1;

/**
 * The memory of the simulated data planes, in `data-plane.db`: one row a cluster, holding its state after its
 * last event. Each write is on disk before the method returns, so that what was answered survives SIGKILL.
 */
export class WorldFile implements WorldStore {
  readonly #db: DatabaseSync;
  readonly #put: StatementSync;
  readonly #putFact: StatementSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
    this.#put = db.prepare(
      'insert into cluster (data_plane, name, state) values (?, ?, ?) on conflict do update set state = excluded.state',
    );
    this.#putFact = db.prepare('insert into fact (id, value) values (1, ?) on conflict do update set value = excluded.value');
  }

  /** @throws Error that says what to do, when the file is in use, damaged, or of another version. */
  static open(home: string): WorldFile {
    mkdirSync(home, { recursive: true });
    const file = join(home, 'data-plane.db');
    try {
      const db = new DatabaseSync(file);
      // Exclusive: two processes that each keep the clusters in memory would overwrite each other.
      db.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full;');
      const { user_version: format } = db.prepare('pragma user_version').get() as { user_version: number };
      if (format > FORMAT)
        throw new Error(`it was written by a newer version of this program (format ${format}, this one reads ${FORMAT})`);
      db.exec(`
        begin immediate;
        create table if not exists cluster (data_plane text not null, name text not null, state text not null, primary key (data_plane, name)) strict, without rowid;
        create table if not exists fact (id integer primary key check (id = 1), value text not null) strict;
        pragma user_version = ${FORMAT};
        commit;
      `);
      return new WorldFile(db);
    } catch (cause) {
      throw new Error(`cannot open ${file}: ${openingProblem(cause)}`, { cause });
    }
  }

  clusters(): readonly ClusterState[] {
    const rows = this.#db.prepare('select state from cluster order by data_plane, name').all() as { state: string }[];
    // Written by `write` alone; a file changed by hand is beyond what we promise.
    return rows.map((row) => revive(row.state));
  }

  facts(): WorldFacts {
    const row = this.#db.prepare('select value from fact where id = 1').get() as { value: string } | undefined;
    return row === undefined ? { time: undefined, defaultFaults: [], silentPlanes: [] } : (JSON.parse(row.value) as WorldFacts);
  }

  /** All or nothing. @throws Error of SQLite when the disk does not take it; then nothing was written. */
  write(clusters: readonly ClusterState[], facts: WorldFacts): void {
    this.#db.exec('begin immediate');
    try {
      for (const state of clusters) this.#put.run(state.dataPlane, state.cluster, JSON.stringify(state));
      this.#putFact.run(JSON.stringify(facts));
      this.#db.exec('commit');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback');
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }
}

/** JSON has no `undefined`: fields that were left out come back as they were. */
function revive(text: string): ClusterState {
  const state = JSON.parse(text) as ClusterState;
  return {
    ...state,
    settled: state.settled,
    move: state.move === undefined ? undefined : { ...state.move, endsAt: state.move.endsAt },
  };
}

function openingProblem(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && 'errcode' in cause ? Number(cause.errcode) & 0xff : 0;
  // Primary result codes of SQLite: 5 busy, 11 corrupt, 26 not a database.
  if (code === 5) return 'another process has it open; stop that one first';
  if (code === 11 || code === 26) return `it is damaged (${message}); move it away, and the simulated clusters start anew`;
  return message;
}
