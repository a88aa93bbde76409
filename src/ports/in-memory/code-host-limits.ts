import { utf8Length } from '../../core/model/utf8.ts';
import { PortError } from '../port-error.ts';

/** What GitHub takes: whoever renders must cut before. */
const LIMITS = {
  body: { most: 65_536, lengthOf: (text: string): number => text.length, unit: 'characters' },
  check: { most: 65_535, lengthOf: utf8Length, unit: 'bytes' },
  label: { most: 20, lengthOf: (text: string): number => text.length, unit: 'characters' },
  description: { most: 40, lengthOf: (text: string): number => text.length, unit: 'characters' },
  title: { most: 256, lengthOf: (text: string): number => text.length, unit: 'characters' },
} as const;

/** @throws PortError for a person when a text is longer than that. */
export function expectShort(operation: string, texts: Partial<Record<keyof typeof LIMITS, readonly string[]>>): void {
  for (const kind of ['body', 'check', 'label', 'description', 'title'] as const) {
    const { most, lengthOf, unit } = LIMITS[kind];
    for (const text of texts[kind] ?? []) {
      if (lengthOf(text) <= most) continue;
      const message = `a ${kind} of ${lengthOf(text)} ${unit} is longer than ${most}`;
      throw new PortError({ port: 'code-host', operation, retry: { kind: 'needs-human' }, message });
    }
  }
}
