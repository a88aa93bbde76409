import { PortError } from '../port-error.ts';

/** Characters that GitHub takes: whoever renders must cut before. */
const CHARS_MAX = { body: 65_536, check: 65_535, title: 256 } as const;

/** @throws PortError for a person when a text is longer than that. */
export function expectShort(operation: string, texts: Partial<Record<keyof typeof CHARS_MAX, readonly string[]>>): void {
  for (const kind of ['body', 'check', 'title'] as const) {
    for (const text of texts[kind] ?? []) {
      if (text.length <= CHARS_MAX[kind]) continue;
      const message = `a ${kind} of ${text.length} characters is longer than ${CHARS_MAX[kind]}`;
      throw new PortError({ port: 'code-host', operation, retry: { kind: 'needs-human' }, message });
    }
  }
}
