/** Loaded before a program: sets its clock ahead by so many milliseconds, as if that of its machine were wrong. The database keeps its own. */
const aheadMs = Number(process.env['TEST_CLOCK_AHEAD_MS']);
const SystemDate = globalThis.Date;
const now = (): number => SystemDate.now() + aheadMs;

globalThis.Date = new Proxy(SystemDate, {
  construct: (target, given: unknown[], newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  apply: () => new SystemDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
