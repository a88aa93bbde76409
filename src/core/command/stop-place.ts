import { parseClusterId } from '../model/ids.ts';
import { ok, type Result } from '../model/result.ts';
import type { STOPPABLE_SCOPES, StoppableScope } from './command.ts';

/** What a person wants stopped, by its kind and name. */
export function stoppable(kind: Exclude<(typeof STOPPABLE_SCOPES)[number], 'fleet'>, name: string): Result<StoppableScope, string> {
  switch (kind) {
    case 'product':
      return ok({ kind, product: name });
    case 'release':
      return ok({ kind, release: name });
    case 'data-plane':
      return ok({ kind, dataPlane: name });
    case 'cluster': {
      const cluster = parseClusterId(name);
      return cluster.ok ? ok({ kind, cluster: cluster.value }) : cluster;
    }
  }
}
