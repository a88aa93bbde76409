import type { CheckAction } from '../../ports/code-host.ts';
import { refused } from './github-errors.ts';

/** Characters of a comment or the body of an issue. */
const BODY_CHARS_MAX = 65_536;
/** Bytes of the summary, and of the text, of a check run: its description says characters, and means a column of a database. */
const CHECK_BYTES_MAX = 65_535;
const ISSUE_TITLE_CHARS_MAX = 256;
const ANNOTATION_TITLE_CHARS_MAX = 255;
const ANNOTATION_MESSAGE_BYTES_MAX = 64 * 1024;
/** Annotations of one request. */
export const ANNOTATIONS_PER_REQUEST = 50;
/** Nobody reads more, and at one write a second more would keep the check waiting for minutes. */
const ANNOTATIONS_MAX = 1_000;

/**
 * Over a limit GitHub refuses the whole request, or cuts it silently; so whoever renders must cut, and say so, before.
 *
 * @throws PortError when a text is longer than that.
 */
export function checkLength(operation: string, what: string, text: string, limit: keyof typeof LIMITS): void {
  const { most, unit } = LIMITS[limit];
  const length = unit === 'bytes' ? Buffer.byteLength(text) : text.length;
  if (length <= most) return;
  throw refused(operation, `${what} has ${length} ${unit}, and GitHub takes ${most}; it has to be rendered shorter`);
}

const LIMITS = {
  body: { most: BODY_CHARS_MAX, unit: 'characters' },
  check: { most: CHECK_BYTES_MAX, unit: 'bytes' },
  issueTitle: { most: ISSUE_TITLE_CHARS_MAX, unit: 'characters' },
  annotationTitle: { most: ANNOTATION_TITLE_CHARS_MAX, unit: 'characters' },
  actionLabel: { most: 20, unit: 'characters' },
  actionDescription: { most: 40, unit: 'characters' },
  actionIdentifier: { most: 20, unit: 'characters' },
} as const;

const ACTIONS_MAX = 3;

/** @throws PortError when there are more buttons than a check has, or one says too much. */
export function checkActions(operation: string, actions: readonly CheckAction[]): void {
  if (actions.length > ACTIONS_MAX) throw refused(operation, `${actions.length} buttons are more than the ${ACTIONS_MAX} that a check has`);
  for (const { label, description, identifier } of actions) {
    checkLength(operation, 'the label of a button', label, 'actionLabel');
    checkLength(operation, 'the description of a button', description, 'actionDescription');
    checkLength(operation, 'the identifier of a button', identifier, 'actionIdentifier');
  }
}

/** @throws PortError when there are more than are sent. */
export function checkAnnotations(operation: string, annotations: readonly { readonly title: string; readonly message: string }[]): void {
  if (annotations.length > ANNOTATIONS_MAX)
    throw refused(
      operation,
      `${annotations.length} annotations are more than the ${ANNOTATIONS_MAX} that are sent; list the rest in the text`,
    );
  for (const { title, message } of annotations) {
    checkLength(operation, 'the title of an annotation', title, 'annotationTitle');
    if (Buffer.byteLength(message) > ANNOTATION_MESSAGE_BYTES_MAX)
      throw refused(
        operation,
        `the message of an annotation has more than ${ANNOTATION_MESSAGE_BYTES_MAX} bytes; it has to be rendered shorter`,
      );
  }
}
