import type { LabelRow } from '../../store/rows.ts';

export const labelView = (label: LabelRow) => ({ name: label.name, description: label.description ?? undefined });
