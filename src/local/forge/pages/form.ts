import type { IncomingMessage } from 'node:http';

/** A whole file of the largest size that can be edited, with every character percent-encoded. */
const FORM_BYTES_MAX = 2 * 1_024 * 1_024;

export type Form =
  | { readonly kind: 'fields'; readonly fields: URLSearchParams }
  | { readonly kind: 'refused'; readonly status: 413 | 415; readonly words: string };

/** Someone who sends slower than this only wants to keep a connection busy. */
const IDLE_MS_MAX = 30_000;

/** Reads what a form has sent. A body that is too long is not read to its end. */
export async function readForm(request: IncomingMessage): Promise<Form> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) {
    return { kind: 'refused', status: 415, words: 'A form is sent as application/x-www-form-urlencoded.' };
  }
  request.setTimeout(IDLE_MS_MAX, () => request.destroy());
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > FORM_BYTES_MAX)
      return { kind: 'refused', status: 413, words: 'The form is longer than 2 MiB. Clone the repository and push the change.' };
    chunks.push(chunk);
  }
  return { kind: 'fields', fields: new URLSearchParams(Buffer.concat(chunks).toString('utf8')) };
}

/** A text field, with the line ends of files instead of those of forms. */
export function textOf(fields: URLSearchParams, name: string): string {
  return (fields.get(name) ?? '').replaceAll('\r\n', '\n');
}

/** A line: no line breaks, no blanks around it. */
export const lineOf = (fields: URLSearchParams, name: string): string => textOf(fields, name).replaceAll('\n', ' ').trim();
