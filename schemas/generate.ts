/**
 * Writes two files from the JSON Schemas of this folder: `src/core/manifest/generated.ts`, with the types, and the
 * schemas themselves as data, because the core reads no files; and `README.md`, the reference for people.
 * `--check` fails when one of them is not current.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { compile } from 'json-schema-to-typescript';
import { CODES } from '../src/core/manifest/codes.ts';
import { renderReference } from './reference.ts';

const folder = import.meta.dirname;
const target = join(folder, '../src/core/manifest/generated.ts');
const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));

const common = read('common.schema.json');
const files = readdirSync(folder)
  .filter((file) => file.endsWith('.schema.json') && file !== 'common.schema.json')
  .sort();
const kinds = files.map((file) => ({ file, schema: read(file) }));

// One document with every kind in it, so that a shared part becomes one type and not eight copies.
const bundle = {
  $schema: common.$schema,
  title: 'Manifest',
  description: 'Any document of a manifest repository.',
  oneOf: kinds.map(({ schema }) => ({ $ref: `#/$defs/${schema.title}` })),
  $defs: { ...common.$defs, ...Object.fromEntries(kinds.map(({ schema: { $schema, $id, ...schema } }) => [schema.title, schema])) },
};
const local = JSON.parse(JSON.stringify(bundle).replaceAll('common.schema.json#/$defs/', '#/$defs/'), forTypes);
const types = await compile(local, 'Manifest', {
  additionalProperties: false,
  bannerComment: '',
  style: { singleQuote: true, printWidth: 140 },
  unreachableDefinitions: true,
  // A recorded maxItems would otherwise become a tuple type for each length.
  ignoreMinAndMaxItems: true,
});
/** A note beside a reference, or a choice between required keys, would make a second type of the same shape. */
function forTypes(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { oneOf, ...rest } = value as { oneOf?: object[]; $ref?: string };
  if (rest.$ref !== undefined) return { $ref: rest.$ref };
  return oneOf?.every((choice) => Object.keys(choice).join() === 'required') ? rest : value;
}

const text = `// Written by schemas/generate.ts from schemas/*.schema.json. Do not edit: change the schema and run \`npm run generate\`.

${types.trim()}

/** The schemas by file name, for the validator. */
export const SCHEMAS: readonly object[] = ${JSON.stringify([common, ...kinds.map(({ schema }) => schema)], null, 2)};
`;

const written = [
  { path: target, text },
  { path: join(folder, 'README.md'), text: renderReference(kinds, common.$defs, CODES) },
];
for (const { path, text: wanted } of written) {
  if (!process.argv.includes('--check')) writeFileSync(path, wanted);
  else if (!existsSync(path) || readFileSync(path, 'utf8') !== wanted) {
    console.error(`${relative(process.cwd(), path)} is not current: run \`npm run generate\``);
    process.exitCode = 1;
  }
}
