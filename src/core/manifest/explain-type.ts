interface Typed {
  readonly type?: string | readonly string[];
  readonly description?: string;
}

/** A value of the wrong type: what it is, what it must be, and the trap that most likely led there. */
export function explainType(
  name: string,
  schema: Typed,
  value: unknown,
  source: string | undefined,
): { readonly message: string; readonly hint: string } {
  const types = [schema.type ?? []].flat();
  const wanted = types.map((type) => WANTED[type] ?? type).join(' or ');
  return {
    message: `${name} is ${describe(value, source)}, but must be ${wanted}`,
    hint: fix({ types, wanted, description: schema.description }, value, source),
  };
}

const WANTED: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
};

/** Numbers are repeated, because the trap is in how they are read; text is not: it could be a secret. */
function describe(value: unknown, source: string | undefined): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return 'text';
  const written = source !== undefined && source !== String(value) ? ` (written ${source} without quotes)` : '';
  return typeof value === 'number' ? `the number ${value}${written}` : `the truth value ${String(value)}${written}`;
}

/** What people write for true and false where YAML 1.1 is remembered. */
export const TRUTH: Readonly<Record<string, boolean>> = {
  yes: true,
  on: true,
  y: true,
  true: true,
  no: false,
  off: false,
  n: false,
  false: false,
};

function fix(
  { types, wanted, description }: { readonly types: readonly string[]; readonly wanted: string; readonly description: string | undefined },
  value: unknown,
  source: string | undefined,
): string {
  if (value === null) return 'give it a value, or remove the line';
  if (types.includes('string') && (typeof value === 'number' || typeof value === 'boolean')) {
    return `put it in quotes: "${source ?? String(value)}"`;
  }
  if (typeof value === 'string') {
    const truth = types.includes('boolean') ? TRUTH[value.toLowerCase()] : undefined;
    if (truth !== undefined) return `write ${truth}: in YAML 1.2, yes, no, on, off and anything in quotes are text`;
    if ((types.includes('integer') || types.includes('number')) && /^-?\d{1,15}$/.test(value)) return `write ${value} without quotes`;
    if (types.includes('array')) return 'write a list: [first, second], or one line with a dash for each item';
  }
  if (types.includes('integer') && typeof value === 'number') return 'write a whole number';
  return description === undefined ? `write ${wanted}` : `expected: ${description.replace(/\.$/, '')}`;
}
