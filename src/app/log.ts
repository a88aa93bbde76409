import pino from 'pino';
import type { Log } from '../ports/log.ts';
import { LogOutput } from './log-output.ts';

/** Shapes of secrets that must never be written, wherever they turn up: GitHub tokens (the newer ones are a JWT behind a prefix), JWTs, PEM keys, credentials in addresses, headers. */
const SECRET_SHAPES: readonly RegExp[] = [
  /\b(?:gh[pousr]_|github_pat_)[A-Za-z0-9_.-]{16,}/g,
  /\bv1\.[A-Za-z0-9_]{16,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  /(\w+:\/\/)[^\s/:@]*:[^\s/@]+@/g,
  /\b(?:[Bb]earer|[Bb]asic|token) [A-Za-z0-9._~+/=-]{12,}/g,
];

/** Takes known secrets, and whatever looks like one, out of a text. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = secrets.filter((secret) => secret.length >= 8).sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, '[redacted]');
    for (const shape of SECRET_SHAPES)
      clean = clean.replace(shape, (_match, scheme) => (typeof scheme === 'string' ? `${scheme}[redacted]@` : '[redacted]'));
    return clean;
  };
}

/** JSON lines on standard error, one object each; redacted as text just before they are written, so that no field can be forgotten. */
export function createLog(level: string, secrets: readonly string[]): Log {
  const redact = redactor([...secrets, ...secrets.map((secret) => JSON.stringify(secret).slice(1, -1))]);
  const output = new LogOutput(process.stderr);
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: pino.stdSerializers.err } },
    { write: (line: string) => output.write(redact(line)) },
  );
}
