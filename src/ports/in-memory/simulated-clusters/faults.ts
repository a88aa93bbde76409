import { type ClusterState, type Fault, type FaultKind, templateAt } from './cluster-state.ts';

/** Does a fault of this kind strike the broker when it starts from this template? */
export function strikes(state: ClusterState, kind: FaultKind, template: string, ordinal: number): boolean {
  return state.faults.some((fault) => fault.kind === kind && concerns(state, fault, template, ordinal));
}

function concerns(state: ClusterState, fault: Fault, template: string, ordinal: number): boolean {
  if (fault.broker !== undefined && fault.broker !== ordinal) return false;
  if (fault.version !== undefined) return templateAt(state, template).version === fault.version;
  // Slowness hurts every restart. The others spare what is known to work, so that going back always helps.
  return fault.kind === 'slow' || template !== state.settled;
}

export const isUnreachable = (state: ClusterState): boolean => state.faults.some((fault) => fault.kind === 'unreachable');

/** Adds a fault in place of an earlier one of its kind; `undefined` clears all. */
export function withFault(faults: readonly Fault[], fault: Fault | undefined): readonly Fault[] {
  if (fault === undefined) return [];
  return [...faults.filter((other) => other.kind !== fault.kind), fault];
}

/** `crash-loop for 4.1.1, broker 2`. */
export function describeFault(fault: Fault): string {
  const version = fault.version === undefined ? '' : ` for ${fault.version}`;
  return `${fault.kind}${version}${fault.broker === undefined ? '' : `, broker ${fault.broker}`}`;
}
