import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { BudgetShare } from './byte-budget.ts';

/** The form of `X-Hub-Signature-256`: whatever looks otherwise was not signed by GitHub. */
const SIGNATURE = /^sha256=([0-9a-f]{64})$/;
/**
 * What each body may hold without asking: more than a common webhook has, so that a flood of large bodies keeps none of
 * those out. All connections together hold 32 MB of it at most. A larger body doubles its memory as it arrives, whatever
 * length it announces.
 */
const FREE_BYTES = 64 * 1024;

export type SignedBody = { readonly kind: 'genuine'; readonly bytes: Buffer } | { readonly kind: 'forged' | 'too-long' | 'no-room' };

export interface BodyLimits {
  readonly bytesMax: number;
  /** What the bytes are counted against, but for the first of each body. They stay counted until the caller gives the share back. */
  readonly share: BudgetShare;
}

/** @returns the bytes of the signature; `undefined` when the header is missing or has another form. */
export function readSignature(header: string | readonly string[] | undefined): Buffer | undefined {
  const hex = typeof header === 'string' ? SIGNATURE.exec(header)?.[1] : undefined;
  return hex === undefined ? undefined : Buffer.from(hex, 'hex');
}

/**
 * Reads a body and proves who sent it. The signature is computed over the bytes as they come in, so that a body that
 * nobody signed is never turned into text. Stops reading at the first limit that is passed.
 *
 * @throws Error when the sender goes away before the end.
 */
export async function readSignedBody(
  request: IncomingMessage,
  secret: string,
  signature: Buffer,
  { bytesMax, share }: BodyLimits,
): Promise<SignedBody> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return { kind: 'too-long' };
  const hmac = createHmac('sha256', secret);
  // One buffer and not a list: a body that comes byte by byte would cost a hundred times its length as a list.
  let buffer: Buffer = Buffer.alloc(0);
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    const needed = length + chunk.length;
    if (needed > bytesMax) return { kind: 'too-long' };
    if (needed > buffer.length) {
      const size = Math.min(bytesMax, Math.max(needed, FREE_BYTES, 2 * buffer.length));
      if (!share.grow(size - Math.max(FREE_BYTES, buffer.length))) return { kind: 'no-room' };
      buffer = enlarged(buffer, length, size);
    }
    chunk.copy(buffer, length);
    length = needed;
    hmac.update(chunk);
  }
  return timingSafeEqual(hmac.digest(), signature) ? { kind: 'genuine', bytes: buffer.subarray(0, length) } : { kind: 'forged' };
}

function enlarged(buffer: Buffer, length: number, size: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(size);
  buffer.copy(larger, 0, 0, length);
  return larger;
}
