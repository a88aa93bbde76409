/** Forms that other tools write differently, so that what was meant can be told. */
export type Form = 'version' | 'duration' | 'share';

export interface ExplainedForm {
  /** Goes on after the name of the field. */
  readonly what: string;
  readonly fix: string;
}

/**
 * What is wrong with a value that does not have the form of its field, where that can be told. Of the value only what is known to be a
 * number, a unit or a version is repeated.
 *
 * @param form - `undefined`: any other form.
 * @param source - the value as it was written, for a number.
 */
export function explainForm(form: Form | undefined, value: unknown, source: string | undefined): ExplainedForm | undefined {
  const text = typeof value === 'number' ? (source ?? String(value)) : value;
  if (typeof text !== 'string') return undefined;
  const braces = PLACEHOLDER.exec(text)?.[0];
  if (braces !== undefined) {
    return { what: `holds \`${braces}\`, a placeholder that nobody fills in here`, fix: 'commit the value itself' };
  }
  switch (form) {
    case 'version':
      return typeof value === 'number' ? undefined : explainVersion(text);
    case 'duration':
      return explainDuration(text);
    case 'share':
      return explainShare(text);
    case undefined:
      return explainSpaces(text);
  }
}

const PLACEHOLDER = /\{\{|\{%|<%|\$\{|\$\(/;

function explainSpaces(text: string): ExplainedForm | undefined {
  return text === text.trim() || text.trim() === '' ? undefined : { what: 'begins or ends with a space', fix: 'remove the space' };
}

const NUMBERS = '[0-9]{1,6}(?:\\.[0-9]{1,6}){0,3}(?:-[A-Za-z0-9]{1,40})?';

function explainVersion(text: string): ExplainedForm | undefined {
  const trimmed = text.trim();
  const led = new RegExp(`^[vV]\\.?(${NUMBERS})$`).exec(trimmed)?.[1];
  if (led !== undefined) return { what: 'begins with a `v`', fix: `write the version alone: "${led}"` };
  if (new RegExp(`^${NUMBERS}$`).test(trimmed) && trimmed !== text)
    return { what: 'begins or ends with a space', fix: `write "${trimmed}"` };
  const exact = 'name one exact version that the Product lists, such as "4.1.1": what is rolled out must not change by itself';
  if (/^[vV]?(?:[0-9]+\.)*(?:[xX*]|[0-9]+\.[xX*])(?:\.[xX*])*$/.test(trimmed)) return { what: 'is a wildcard, and no version', fix: exact };
  if (/^[~^<>=!]/.test(trimmed) || /[0-9] *(?:\|\||,| - ) *[0-9<>=]/.test(trimmed))
    return { what: 'is a range, and no version', fix: exact };
  if (/^(?:latest|stable|current|lts|newest|main|master)$/i.test(trimmed)) {
    return { what: `is \`${trimmed.toLowerCase()}\`, a name that moves, and no version`, fix: exact };
  }
  return /^[0-9]+$/.test(trimmed) ? { what: 'is one number; a version has two to four', fix: `write "${trimmed}.0.0", say` } : undefined;
}

/** What people write for a unit, and how long it is in the largest unit below it that a duration has. */
const UNITS: readonly {
  readonly names: RegExp;
  readonly unit: string;
  readonly times: number;
  readonly parts: number;
  readonly below: string;
}[] = [
  { names: /^(?:s|secs?|seconds?)$/i, unit: 's', times: 1, parts: 1, below: '' },
  { names: /^(?:m|mins?|minutes?)$/i, unit: 'm', times: 1, parts: 60, below: 's' },
  { names: /^(?:h|hrs?|hours?)$/i, unit: 'h', times: 1, parts: 60, below: 'm' },
  { names: /^(?:d|days?)$/i, unit: 'd', times: 1, parts: 24, below: 'h' },
  { names: /^(?:w|wks?|weeks?)$/i, unit: 'd', times: 7, parts: 24, below: 'h' },
];

function explainDuration(text: string): ExplainedForm | undefined {
  const trimmed = text.trim();
  if (/^[0-9]{1,6}$/.test(trimmed)) {
    if (Number(trimmed) === 0) return { what: 'is 0 without a unit', fix: 'write 0s' };
    return { what: `is ${trimmed} without a unit`, fix: `write ${trimmed}s, ${trimmed}m, ${trimmed}h or ${trimmed}d` };
  }
  const iso = /^P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?$/i.exec(trimmed);
  if (iso !== null) {
    const written = ['d', 'h', 'm', 's'].map((unit, at) => (iso[at + 1] === undefined ? '' : `${iso[at + 1]}${unit}`)).join('');
    return { what: 'is a duration of ISO 8601', fix: `write ${written || '90s, 10m, 1h30m or 2d'}` };
  }
  const parts = [...trimmed.matchAll(/([0-9]{1,6})(?:\.([0-9]{1,3}))? *([A-Za-z]+)[ ,]*/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== trimmed) return undefined;
  if (parts.some(([, , , unit]) => /^(?:ms|msecs?|millis(?:econds?)?)$/i.test(unit ?? ''))) {
    return { what: 'is given in milliseconds', fix: 'write whole seconds: 1s' };
  }
  const amounts = new Map<string, number>();
  for (const [, whole = '', fraction = '', name = ''] of parts) {
    const found = UNITS.find(({ names }) => names.test(name));
    if (found === undefined || amounts.has(found.unit)) return undefined;
    amounts.set(found.unit, Number(whole) * found.times);
    const below = Math.round(Number(`0.${fraction || '0'}`) * found.times * found.parts);
    if (below > 0 && found.below === '') return { what: 'is no whole number of seconds', fix: 'write whole seconds' };
    if (below > 0) amounts.set(found.below, (amounts.get(found.below) ?? 0) + below);
  }
  const written = ['d', 'h', 'm', 's'].flatMap((unit) => ((amounts.get(unit) ?? 0) > 0 ? [`${amounts.get(unit)}${unit}`] : [])).join('');
  return { what: 'is a duration in another form', fix: `write ${written || '0s'}` };
}

function explainShare(text: string): ExplainedForm | undefined {
  const trimmed = text.trim();
  const percent = /^([0-9]{1,6}) *(?:%|percent)$/i.exec(trimmed)?.[1];
  if (percent !== undefined && Number(percent) > 100) return { what: 'is more than 100 %', fix: 'write 100% at most' };
  if (percent !== undefined && Number(percent) > 0) return { what: 'has a space, or a word, for its %', fix: `write ${Number(percent)}%` };
  if (/^[0-9]+\.[0-9]+ *%$/.test(trimmed))
    return { what: 'is no whole percentage', fix: `write ${Math.max(1, Math.floor(Number.parseFloat(trimmed)))}%` };
  const share = /^0?\.[0-9]{1,6}$/.test(trimmed) ? Math.round(Number(trimmed) * 100) : 0;
  return share > 0 ? { what: 'is a fraction', fix: `write ${share}% for a share, or a whole number of clusters` } : undefined;
}
