import type { Kysely } from 'kysely';
import { type Decoder, object, parsed } from '../../core/model/decode.ts';
import type { FleetId, PlanDigest } from '../../core/model/ids.ts';
import { err, ok } from '../../core/model/result.ts';
import type { Plan } from '../../core/plan/plan.ts';
import { parsePlan } from '../../core/plan/serialise.ts';
import { planDigest } from './decoders.ts';
import { readRow } from './rows.ts';
import type { Schema } from './schema.ts';

/** Plans never change, and every tick reads those of the active rollouts: one of 2,000 targets is 2 MB of JSON. */
export class PlanCache {
  static readonly #PLANS_MAX = 32;
  readonly #plans = new Map<string, Plan>();

  async of(db: Kysely<Schema>, fleet: FleetId, digests: readonly PlanDigest[]): Promise<ReadonlyMap<PlanDigest, Plan>> {
    const missing = digests.filter((digest) => !this.#plans.has(`${fleet}@${digest}`));
    const found = new Map<PlanDigest, Plan>();
    if (missing.length > 0) {
      const rows = await db
        .selectFrom('plans')
        .select(['digest', 'plan'])
        .where('fleet', '=', fleet)
        .where('digest', 'in', missing)
        .execute();
      for (const row of rows) {
        const plan = readRow('plans', row.digest, planRow, row);
        found.set(plan.digest, plan);
      }
    }
    for (const digest of digests) {
      const plan = this.#plans.get(`${fleet}@${digest}`) ?? found.get(digest);
      if (plan !== undefined) found.set(digest, plan);
    }
    for (const [digest, plan] of found) this.#keep(`${fleet}@${digest}`, plan);
    return found;
  }

  #keep(key: string, plan: Plan): void {
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    const oldest = this.#plans.keys().next().value;
    if (this.#plans.size > PlanCache.#PLANS_MAX && oldest !== undefined) this.#plans.delete(oldest);
  }
}

const planRow: Decoder<Plan> = parsed(
  object({ digest: planDigest, plan: parsed((value: unknown) => value, parsePlan) }),
  ({ digest, plan }) =>
    plan.digest === digest ? ok(plan) : err(`plan: the plan of digest ${digest} expected, not that of ${plan.digest}`),
);
