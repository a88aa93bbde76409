import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../../src');

/** What each layer may import from the others, and which packages (`*`: any; `node:` modules are packages too). */
const LAYERS: Readonly<Record<string, { readonly layers: readonly string[]; readonly packages: readonly string[] }>> = {
  core: { layers: ['core'], packages: ['ajv', 'ajv-formats', 'yaml', 'js-yaml', '@noble/hashes', 'croner', 'rrule'] },
  ports: { layers: ['core', 'ports'], packages: [] },
  loop: { layers: ['core', 'ports', 'loop'], packages: [] },
  adapters: { layers: ['core', 'ports', 'adapters'], packages: ['*'] },
  http: { layers: ['core', 'ports', 'http'], packages: ['hono', '@hono/node-server', 'node:*'] },
  web: { layers: ['core', 'ports', 'loop', 'http', 'web'], packages: ['*'] },
  local: { layers: ['core', 'ports', 'adapters', 'http', 'app', 'cli', 'local'], packages: ['*'] },
  cli: { layers: ['core', 'ports', 'adapters', 'loop', 'local', 'app', 'cli'], packages: ['*'] },
  app: { layers: ['core', 'ports', 'adapters', 'loop', 'http', 'web', 'app'], packages: ['*'] },
  'main.ts': { layers: ['app', 'run.ts'], packages: [] },
  'run.ts': { layers: ['app', 'local'], packages: [] },
};

/**
 * Inside the core, what each folder may import besides itself: always ones that stand before it, so that the table is an order, from the
 * text of a manifest to the words of a report.
 */
const CORE_ORDER: Readonly<Record<string, readonly string[]>> = {
  model: [],
  manifest: ['model'],
  desired: ['model', 'manifest'],
  calendar: ['model', 'manifest'],
  evidence: ['model', 'desired'],
  ledger: ['model', 'desired', 'evidence'],
  stop: ['model', 'desired'],
  plan: ['model', 'manifest', 'desired', 'evidence', 'ledger', 'stop'],
  reconcile: ['model', 'manifest', 'desired', 'calendar', 'evidence', 'ledger', 'stop', 'plan'],
  rules: ['model', 'manifest', 'calendar', 'reconcile'],
  forecast: ['model', 'evidence', 'reconcile'],
  drift: ['model', 'desired', 'evidence', 'ledger', 'stop', 'reconcile'],
  change: ['model', 'desired', 'evidence', 'ledger', 'stop', 'plan', 'reconcile', 'rules', 'drift'],
  landing: ['model', 'desired', 'evidence', 'ledger', 'stop', 'plan', 'reconcile', 'change'],
  command: ['model', 'manifest', 'desired', 'ledger', 'stop', 'plan', 'reconcile', 'rules', 'change'],
  report: ['model', 'desired', 'calendar', 'evidence', 'ledger', 'stop', 'plan', 'reconcile', 'rules', 'drift', 'change', 'command'],
};

/** Clock, randomness, I/O and waiting: what would make a decision depend on more than its input. */
const IMPURE =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\basync\b|\bawait\b|\bconsole\b|\bprocess\b|\bsetTimeout\b|\bsetInterval\b|\bfetch\(/;

interface Import {
  readonly file: string;
  readonly target: string;
  /** Gone when the types are: it loads nothing. */
  readonly isType?: boolean;
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(join(src, file), 'utf8');
  const found = [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\s(type\s)?[^;'"`]*?from\s+'([^']+)'/g),
    ...text.matchAll(/\b()import\(\s*'([^']+)'\s*\)/g),
    ...text.matchAll(/(?:^|\n)()import\s+'([^']+)'/g),
  ];
  return found.map(([, type, target = '']) => ({ file, target, isType: type === 'type ' }));
});

const layerOf = (file: string): string => file.split('/')[0] ?? '';
/** The folder of the core that a file is in. */
const folderOf = (file: string): string => file.split('/')[1] ?? '';
const resolved = ({ file, target }: Import): string => relative(src, resolve(src, dirname(file), target));

function violation(found: Import): string | undefined {
  const { file, target } = found;
  const rules = LAYERS[layerOf(file)];
  if (rules === undefined) return `${file} is in no layer`;
  if (!target.startsWith('.')) {
    const allowed =
      rules.packages.includes('*') ||
      rules.packages.some((name) => target === name || target.startsWith(`${name}/`) || (name === 'node:*' && target.startsWith('node:')));
    return allowed ? undefined : `${file} imports the package ${target}`;
  }
  const to = resolved(found);
  const layer = layerOf(to);
  if (!rules.layers.includes(layer)) return `${file} imports ${to}`;
  if (layerOf(file) === 'adapters' && layer === 'adapters' && file.split('/')[1] !== to.split('/')[1])
    return `${file} imports another adapter, ${to}`;
  if (layerOf(file) === 'core' && folderOf(file) !== folderOf(to) && !(CORE_ORDER[folderOf(file)] ?? []).includes(folderOf(to)))
    return `${file} imports ${to}, against the order of the dataflow`;
  return undefined;
}

/** Files that load one another: which of them runs first depends on who asks first. */
function cyclesIn(edges: readonly Import[]): readonly string[] {
  const loads = new Map<string, string[]>();
  for (const edge of edges) {
    if (edge.isType === true || !edge.target.startsWith('.')) continue;
    const list = loads.get(edge.file) ?? [];
    loads.set(edge.file, list);
    list.push(resolved(edge));
  }
  const cycles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (done.has(file)) return;
    done.add(file);
    for (const next of loads.get(file) ?? []) walk(next, [...path, file]);
  };
  for (const file of loads.keys()) walk(file, []);
  return cycles;
}

describe('layers', () => {
  it('reads a source tree of the expected size, so that an empty look proves nothing', () => {
    expect(files.length).toBeGreaterThan(80);
    expect(imports.length).toBeGreaterThan(300);
  });

  it('imports go one way', () => {
    expect(imports.map(violation).filter((found) => found !== undefined)).toEqual([]);
  });

  it('inside the core the table is an order, and allows nothing that nobody needs', () => {
    const folders = Object.keys(CORE_ORDER);
    const inside = imports.filter(({ file, target }) => layerOf(file) === 'core' && target.startsWith('.'));
    for (const [at, folder] of folders.entries()) {
      const used = new Set(inside.filter(({ file }) => folderOf(file) === folder).map((found) => folderOf(resolved(found))));
      expect(CORE_ORDER[folder], folder).toEqual(folders.slice(0, at).filter((earlier) => used.has(earlier)));
    }
  });

  it('no files load one another', () => {
    expect(cyclesIn(imports)).toEqual([]);
    const [there, back] = [
      { file: 'loop/a.ts', target: './b.ts' },
      { file: 'loop/b.ts', target: './a.ts' },
    ] as const;
    expect(cyclesIn([there, back])).toEqual(['loop/a.ts -> loop/b.ts -> loop/a.ts']);
    expect(cyclesIn([there, { ...back, isType: true }])).toEqual([]);
  });

  it('the core has no clock, no randomness, no I/O and does not wait', () => {
    const impure = files
      .filter((file) => file.startsWith('core/') && !file.endsWith('generated.ts'))
      .flatMap((file) =>
        readFileSync(join(src, file), 'utf8')
          .split('\n')
          .map((line) =>
            line
              .replace(/\/\/.*$/, '')
              .replace(/^\s*\/?\*.*$/, '')
              .replace(/'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\/(?:[^/\\\n]|\\.)+\/[gimsuy]*/g, "''"),
          )
          .flatMap((line, index) => (IMPURE.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
      );
    expect(impure).toEqual([]);
  });

  it.each([
    [{ file: 'core/plan/x.ts', target: '../../ports/clock.ts' }],
    [{ file: 'core/model/x.ts', target: 'node:fs' }],
    [{ file: 'core/model/x.ts', target: '../plan/plan.ts' }],
    [{ file: 'core/calendar/x.ts', target: '../plan/plan.ts' }],
    [{ file: 'core/manifest/x.ts', target: '../calendar/rules.ts' }],
    [{ file: 'loop/x.ts', target: '../adapters/git/mirror.ts' }],
    [{ file: 'loop/x.ts', target: 'pg' }],
    [{ file: 'adapters/git/x.ts', target: '../github/octokit.ts' }],
    [{ file: 'ports/x.ts', target: '../loop/tick.ts' }],
  ])('refuses %o', (bad) => {
    expect(violation(bad)).toBeDefined();
  });
});
