import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type Decoded, type Decoder, object, text } from '../../../../core/model/decode.ts';
import { readRow } from '../../rows.ts';
import {
  desiredBefore,
  historyBefore,
  observationBefore,
  orderBefore,
  type PhaseBefore,
  type PlanBefore,
  phaseBefore,
  planBefore,
  type RolloutBefore,
  rolloutBefore,
  type TargetBefore,
  targetBefore,
} from './rows-before.ts';

/** One fleet's rows as the first schema has them. @throws PortError that names the row which cannot be read. */
export class FirstRows {
  readonly db: Kysely<unknown>;
  readonly fleet: string;
  #plan: PlanBefore | undefined;

  constructor(db: Kysely<unknown>, fleet: string) {
    this.db = db;
    this.fleet = fleet;
  }

  desired(): Promise<readonly Decoded<typeof desiredBefore>[]> {
    return this.#select('desired', desiredBefore, sql`cluster as key, cluster, revision, spec, opt_out`);
  }

  orders(): Promise<readonly Decoded<typeof orderBefore>[]> {
    return this.#select('orders', orderBefore, sql`cluster as key, cluster, revision, spec, rollout`);
  }

  observations() {
    return this.#select(
      'observations',
      object({ cluster: text, observation: observationBefore }),
      sql`cluster as key, cluster, observation`,
    );
  }

  /** Oldest first. */
  history(): Promise<readonly Decoded<typeof historyBefore>[]> {
    const which = sql`and revision is not null order by id`;
    return this.#select('desired_history', historyBefore, sql`cluster as key, cluster, revision, at`, which);
  }

  async digests(): Promise<readonly string[]> {
    const rows = await this.#select('plans', object({ digest: text }), sql`digest as key, digest`, sql`order by digest`);
    return rows.map(({ digest }) => digest);
  }

  /** Not yet converted. Rollouts of one plan come together, so the last one is kept. */
  async plan(digest: string): Promise<PlanBefore> {
    if (this.#plan?.digest === digest) return this.#plan;
    const [row] = await this.#select('plans', object({ plan: planBefore }), sql`digest as key, plan`, sql`and digest = ${digest}`);
    if (row === undefined) throw new Error(`plan ${digest} of ${this.fleet} is stored`);
    this.#plan = row.plan;
    return row.plan;
  }

  /** By place in line. */
  rollouts(): Promise<readonly RolloutBefore[]> {
    const columns = sql`id as key, id, seq, digest, commit, status, pause, approvals, created_at, finished_at, resumed_at`;
    return this.#select('rollouts', rolloutBefore, columns, sql`order by seq`);
  }

  async phases(rollout: string): Promise<ReadonlyMap<string, PhaseBefore>> {
    const row = object({ phase: text, state: phaseBefore });
    const rows = await this.#select('rollout_phases', row, sql`phase as key, phase, state`, sql`and rollout = ${rollout}`);
    return new Map(rows.map(({ phase, state }) => [phase, state]));
  }

  async targets(rollout: string): Promise<ReadonlyMap<string, TargetBefore>> {
    const row = object({ cluster: text, state: targetBefore });
    const rows = await this.#select('rollout_targets', row, sql`cluster as key, cluster, state`, sql`and rollout = ${rollout}`);
    return new Map(rows.map(({ cluster, state }) => [cluster, state]));
  }

  async #select<T>(table: string, decoder: Decoder<T>, columns: RawBuilder<unknown>, rest = sql``): Promise<readonly T[]> {
    const { rows } = await sql<{ readonly key: string }>`
      select ${columns} from ${sql.table(table)} where fleet = ${this.fleet} ${rest}`.execute(this.db);
    return rows.map((row) => readRow(table, row.key, decoder, row));
  }
}
