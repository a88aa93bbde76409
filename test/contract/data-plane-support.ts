import type { DesiredSpec } from '../../src/core/desired/desired.ts';
import type { Log } from '../../src/ports/log.ts';

/** A log that keeps what was written, so that a test can look at it. */
export function collectingLog(lines: string[] = []): Log {
  const write = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push(`${level} ${message} ${String(fields['err'] ?? '')}`);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

export const kafkaSpec = (version: 'old' | 'new', replicas: number): DesiredSpec => ({
  product: 'kafka',
  version: version === 'old' ? '4.0.1' : '4.1.1',
  image: undefined,
  replicas,
  config: { 'min.insync.replicas': 2 },
  featureFlags: { 'eligible-leader-replicas': true },
});
