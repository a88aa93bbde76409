/** What a caller may do about a failure; decided by the adapter from a status code or class, never from a message. */
export type Retry =
  | { readonly kind: 'retry-after'; readonly waitMs: number }
  | { readonly kind: 'retry-later' }
  | { readonly kind: 'needs-human' };

export type PortName = 'code-host' | 'manifest-source' | 'manifest-parser' | 'data-plane' | 'state-store';

/** A remote system failed. `message` is for a person: what failed, then what to do; no secrets. The log gets `cause`. */
export class PortError extends Error {
  override readonly name = 'PortError';
  readonly port: PortName;
  readonly operation: string;
  readonly retry: Retry;

  constructor(
    fields: { readonly port: PortName; readonly operation: string; readonly retry: Retry; readonly message: string },
    options?: { readonly cause: unknown },
  ) {
    super(`${fields.port}.${fields.operation}: ${fields.message}`, options);
    this.port = fields.port;
    this.operation = fields.operation;
    this.retry = fields.retry;
  }
}
