import type { CodeEntry } from '../src/core/manifest/codes.ts';

/** A JSON Schema, as far as the reference reads it. */
export interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly $ref?: string;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

type Shared = Readonly<Record<string, Schema>>;

/** The groups of the table of codes, in the order in which a person meets them. */
const GROUPS: readonly (readonly [heading: string, holds: (code: string) => boolean])[] = [
  ['Files and limits', (code) => code.startsWith('file/') || code.startsWith('limit/')],
  ['YAML', (code) => code.startsWith('yaml/')],
  ['Shape of a document', (code) => code.startsWith('schema/')],
  ['Between documents', (code) => !code.includes('/')],
];

/** The page that people open when a check names a code, or when they write their first manifest. */
export function renderReference(
  kinds: readonly { readonly file: string; readonly schema: Schema }[],
  shared: Shared,
  codes: Readonly<Record<string, CodeEntry>>,
): string {
  const link = ({ file, schema }: { readonly file: string; readonly schema: Schema }): string => `[\`${schema.title}\`](${file})`;
  const table = kinds.map((kind) => `| ${link(kind)} | ${kind.schema.description} |`).join('\n');
  return `<!-- Written by schemas/generate.ts. Do not edit: change a schema or src/core/manifest/codes.ts and run \`npm run generate\`. -->
# Manifests: reference

A fleet is described by YAML files with these kinds of documents, in any layout of folders. \`fleet-manifests/\` of this repository is a worked example.

| Kind | What it is |
| --- | --- |
${table}

Every document has the same frame. The name is unique among documents of its kind, over all files:

\`\`\`yaml
apiVersion: flotilla.dev/v1
kind: Release
metadata:
  name: kafka
spec: {}
\`\`\`

An editor with a YAML language server completes and checks a file whose first line names the schema, by its path or address:

\`\`\`yaml
# yaml-language-server: $schema=../schemas/release.schema.json
\`\`\`

The manifest root is the folder \`fleet-manifests/\` where there is one, else the whole repository. Folders that begin with a dot are skipped. Every other
file that ends in \`.yaml\` or \`.yml\` must be ours, so that a misspelt kind is an error and never an omission; \`ignore\` of the Fleet lists globs
of files that are not, from the root: \`*\` and \`?\` stay inside a folder, and \`**\` goes through any number of them.

YAML is version 1.2, without anchors, aliases, tags, merge keys and directives: a line means what it shows. So \`yes\` and \`no\` are text, and versions
need quotes.

${kinds.map(({ file, schema }) => renderKind(file, schema, shared)).join('\n')}
${renderShared(shared)}
## Codes

Every problem has a code, which never changes its meaning. An error keeps the manifests from being used; a warning does not.

${GROUPS.map(([heading, holds]) => renderCodes(heading, codes, holds)).join('\n')}`;
}

function renderKind(file: string, schema: Schema, shared: Shared): string {
  return `## ${schema.title}

${schema.description} Schema: [\`${file}\`](${file}).

| Field of \`spec\` | | What it says |
| --- | --- | --- |
${fieldsOf(schema.properties?.['spec'] ?? {}, '', shared).join('\n')}
`;
}

/** Parts with fields of their own, and the forms that texts and numbers have. */
function renderShared(shared: Shared): string {
  const parts = Object.entries(shared).filter(([name, { properties }]) => properties !== undefined && name !== 'metadata');
  const forms = Object.entries(shared).filter(([, { properties }]) => properties === undefined);
  const tables = parts.map(
    ([name, schema]) =>
      `### ${name}\n\n${schema.description}\n\n| Field | | What it says |\n| --- | --- | --- |\n${fieldsOf(schema, '', shared).join('\n')}\n`,
  );
  return `## Shared parts

${tables.join('\n')}
### Forms

| Form | What it is |
| --- | --- |
${forms.map(([name, schema]) => `| \`${name}\` | ${cell(`${schema.description} ${valuesOf(schema)}`)} |`).join('\n')}
`;
}

/** One row for each field. Maps and lists of maps are opened; shared parts are only named. */
function fieldsOf(schema: Schema, prefix: string, shared: Shared): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const item = field.items;
    const path = `${prefix}${name}${item === undefined ? '' : '[]'}`;
    const needed = schema.required?.includes(name) === true ? 'required' : '';
    const own = item ?? field;
    const form = formOf(own);
    const about = [field.description ?? shared[form ?? '']?.description ?? '', valuesOf(own), linkTo(form, shared)];
    const row = `| \`${path}\` | ${needed} | ${cell(about.filter((text) => text !== '').join(' '))} |`;
    return [row, ...(form === undefined ? fieldsOf(own, `${path}.`, shared) : [])];
  });
}

const cell = (text: string): string => text.trim().replaceAll('|', '\\|');

/** The name of the shared part that a schema refers to. */
const formOf = ({ $ref }: Schema): string | undefined => /#\/\$defs\/(\w+)$/.exec($ref ?? '')?.[1];

function linkTo(form: string | undefined, shared: Shared): string {
  if (form === undefined) return '';
  return shared[form]?.properties === undefined ? `Form: [${form}](#forms).` : `See [${form}](#${form.toLowerCase()}).`;
}

const valuesOf = ({ enum: values }: Schema): string =>
  values === undefined ? '' : `One of ${values.map((value) => `\`${String(value)}\``).join(', ')}.`;

function renderCodes(heading: string, codes: Readonly<Record<string, CodeEntry>>, holds: (code: string) => boolean): string {
  const rows = Object.entries(codes)
    .filter(([code]) => holds(code))
    .map(([code, { severity, cause, fix }]) => `| \`${code}\` | ${severity} | ${cause} | ${fix} |`);
  return `### ${heading}

| Code | | Cause | What to do |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
