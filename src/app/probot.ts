import pino from 'pino';
import { Probot } from 'probot';
import { githubClient } from '../adapters/github/octokit.ts';
import type { Log } from '../ports/log.ts';
import type { GitHubConfig } from './config.ts';
import { type FleetNames, type Holds, leasedFetch } from './leased-writes.ts';
import type { Metrics } from './metrics.ts';

/** Probot for this app: on GitHub, on an Enterprise Server, or on the local forge; only the address differs. */
export function createProbot(github: GitHubConfig, holds: Holds, names: FleetNames, log: Log, metrics: Metrics): Probot {
  return new Probot({
    appId: github.appId,
    privateKey: github.privateKey,
    secret: github.webhookSecret,
    baseUrl: github.apiUrl,
    // Probot logs whole payloads at some levels; what matters is logged by us.
    log: quiet(log),
    ...githubClient({
      writeIntervalMs: github.writeIntervalMs,
      fetch: leasedFetch(holds, names),
      onRequest: ({ method, route, status, limit }) => {
        metrics.requests.inc({ method, route, status: String(status) });
        if (limit !== undefined) metrics.rateLimitLeft.set({ resource: limit.resource }, limit.remaining);
      },
    }),
  });
}

/** Only what went wrong inside Probot, through our own log with its redaction. */
function quiet(log: Log): pino.Logger {
  return pino({ level: 'error' }, { write: (line: string) => log.warn({ probot: line.slice(0, 2_000) }, 'probot reports an error') });
}
