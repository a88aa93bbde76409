/** What the doctor says of one thing. */
export interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'error';
  readonly detail: string;
  /** What to do; absent where nothing is wrong. */
  readonly fix?: string;
}

export const fine = (name: string, detail: string): Finding => ({ name, state: 'ok', detail });
export const doubt = (name: string, detail: string, fix: string): Finding => ({ name, state: 'warning', detail, fix });
export const trouble = (name: string, detail: string, fix: string): Finding => ({ name, state: 'error', detail, fix });

/** What was thrown, in one line without what a secret could be in. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 200) ?? '';
