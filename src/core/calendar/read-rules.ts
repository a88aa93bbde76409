import type { Freeze, Window } from '../manifest/generated.ts';
import type { FleetModel } from '../manifest/model.ts';
import type { Calendar, CalendarRule } from './rules.ts';

/** Every window and freeze of the fleet with its defaults filled in, in order of kind and name. */
export function calendarOf(model: FleetModel): Calendar {
  const freezes = [...model.freezes.values()].map(({ value }) => freezeRule(value));
  const windows = [...model.windows.values()].map(({ value }) => windowRule(value));
  const byName = (a: CalendarRule, b: CalendarRule): number => (a.name < b.name ? -1 : 1);
  return { rules: [...freezes.sort(byName), ...windows.sort(byName)] };
}

function freezeRule({ metadata, spec }: Freeze): CalendarRule {
  const { from = '', to = '', schedule } = spec;
  const range = { kind: 'range', fromMs: Date.parse(from), toMs: Date.parse(to) } as const;
  return {
    kind: 'freeze',
    ...commonOf(metadata.name, spec),
    when: schedule === undefined ? range : { kind: 'schedule', schedule },
    // A freeze is stronger than a window: hurrying does not lift it unless it says so.
    allowExpedite: spec.allowExpedite ?? false,
  };
}

function windowRule({ metadata, spec }: Window): CalendarRule {
  return {
    kind: 'window',
    ...commonOf(metadata.name, spec),
    when: { kind: 'schedule', schedule: spec.schedule },
    allowExpedite: spec.allowExpedite ?? true,
  };
}

function commonOf(name: string, spec: Freeze['spec'] | Window['spec']) {
  const { select = {}, products = [], scope = 'all', allowRollback = true, overrun = 'finish', reason } = spec;
  return { name, select, products, scope, allowRollback, overrun, reason };
}
