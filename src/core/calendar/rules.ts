import type { Schedule, Scope, Selector } from '../manifest/generated.ts';

/** Every window and freeze of the fleet. */
export interface Calendar {
  readonly rules: readonly CalendarRule[];
}

export interface CalendarRule {
  readonly kind: 'window' | 'freeze';
  readonly name: string;
  readonly select: Selector;
  /** Empty: every product. */
  readonly products: readonly string[];
  readonly when:
    | { readonly kind: 'range'; readonly fromMs: number; readonly toMs: number }
    | { readonly kind: 'schedule'; readonly schedule: Schedule };
  readonly scope: Scope;
  readonly allowRollback: boolean;
  readonly allowExpedite: boolean;
  readonly overrun: 'finish' | 'hold';
  readonly reason: string;
}
