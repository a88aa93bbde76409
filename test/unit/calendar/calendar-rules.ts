import type { CalendarQuestion } from '../../../src/core/calendar/calendar-gate.ts';
import type { CalendarRule } from '../../../src/core/calendar/rules.ts';
import { type Instant, instant } from '../../../src/core/model/time.ts';

export const at = (text: string): Instant => instant(Date.parse(text));

/** A rule that concerns everything, unless its fields say otherwise. */
export const rule = (fields: Partial<CalendarRule> & Pick<CalendarRule, 'kind' | 'name' | 'when'>): CalendarRule => ({
  select: {},
  products: [],
  scope: 'all',
  allowRollback: true,
  allowExpedite: fields.kind === 'window',
  overrun: 'finish',
  reason: 'because',
  ...fields,
});
export const range = (from: string, to: string) => ({ kind: 'range', fromMs: Date.parse(from), toMs: Date.parse(to) }) as const;
export const daily = (hour: number, duration: string) => ({ kind: 'schedule', schedule: { cron: `0 ${hour} * * *`, duration } }) as const;

export const question: CalendarQuestion = {
  product: 'kafka',
  labels: { tier: 'prod' },
  from: '3.8.0',
  to: '3.9.0',
  kind: 'rollout',
  expedited: false,
};
