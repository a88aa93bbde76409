import type { Log } from '../../src/ports/log.ts';

/** A log that keeps what was written, so that a test can look at it. */
export function collectingLog(lines: string[] = []): Log {
  const write = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push(`${level} ${message} ${String(fields['err'] ?? '')}`);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
