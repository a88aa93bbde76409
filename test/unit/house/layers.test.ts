import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../../../src');

/** What each layer may import from the others, and which packages (`*`: any; `node:` modules are packages too). */
const LAYERS: Readonly<Record<string, { readonly layers: readonly string[]; readonly packages: readonly string[] }>> = {
  core: { layers: ['core'], packages: ['ajv', 'ajv-formats', 'yaml', 'js-yaml', '@noble/hashes', 'croner', 'rrule'] },
  ports: { layers: ['core', 'ports'], packages: [] },
  loop: { layers: ['core', 'ports', 'loop'], packages: [] },
  adapters: { layers: ['core', 'ports', 'adapters'], packages: ['*'] },
  web: { layers: ['core', 'ports', 'loop', 'web'], packages: ['*'] },
  local: { layers: ['core', 'ports', 'adapters', 'web', 'app', 'cli', 'local'], packages: ['*'] },
  cli: { layers: ['core', 'ports', 'adapters', 'loop', 'local', 'app', 'cli'], packages: ['*'] },
  app: { layers: ['core', 'ports', 'adapters', 'loop', 'web', 'app'], packages: ['*'] },
  'main.ts': { layers: ['app', 'core', 'local'], packages: [] },
};

/** Inside the core, folders stand in the order of the dataflow. */
const CORE_ORDER: Readonly<Record<string, readonly string[]>> = {
  model: ['model'],
  manifest: ['model', 'manifest'],
  desired: ['model', 'manifest', 'desired'],
  calendar: ['model', 'manifest', 'desired', 'calendar'],
  evidence: ['model', 'manifest', 'desired', 'evidence'],
  ledger: ['model', 'desired', 'evidence', 'ledger'],
  stop: ['model', 'desired', 'ledger', 'stop'],
  plan: ['model', 'manifest', 'desired', 'calendar', 'evidence', 'ledger', 'stop', 'plan'],
  reconcile: ['model', 'manifest', 'desired', 'calendar', 'evidence', 'ledger', 'stop', 'plan', 'reconcile'],
  forecast: ['model', 'desired', 'calendar', 'evidence', 'ledger', 'stop', 'plan', 'reconcile', 'forecast'],
  drift: ['model', 'desired', 'evidence', 'ledger', 'stop', 'plan', 'reconcile', 'drift'],
  change: ['model', 'desired', 'evidence', 'ledger', 'stop', 'plan', 'reconcile', 'drift', 'change'],
  landing: ['model', 'manifest', 'desired', 'calendar', 'evidence', 'ledger', 'stop', 'plan', 'reconcile', 'change', 'landing'],
  command: ['model', 'desired', 'calendar', 'evidence', 'ledger', 'stop', 'plan', 'reconcile', 'command'],
  report: [
    'model',
    'manifest',
    'desired',
    'calendar',
    'evidence',
    'ledger',
    'stop',
    'plan',
    'reconcile',
    'forecast',
    'drift',
    'command',
    'report',
  ],
};

/** Clock, randomness, I/O and waiting: what would make a decision depend on more than its input. */
const IMPURE =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\basync\b|\bawait\b|\bconsole\b|\bprocess\b|\bsetTimeout\b|\bsetInterval\b|\bfetch\(/;

interface Import {
  readonly file: string;
  readonly target: string;
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(join(src, file), 'utf8');
  const found = [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\s[^;'"`]*?from\s+'([^']+)'/g),
    ...text.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g),
    ...text.matchAll(/(?:^|\n)import\s+'([^']+)'/g),
  ];
  return found.map((match) => ({ file, target: match[1] ?? '' }));
});

const layerOf = (file: string): string => file.split('/')[0] ?? '';

function violation({ file, target }: Import): string | undefined {
  const rules = LAYERS[layerOf(file)];
  if (rules === undefined) return `${file} is in no layer`;
  if (!target.startsWith('.')) {
    const allowed = rules.packages.includes('*') || rules.packages.some((name) => target === name || target.startsWith(`${name}/`));
    return allowed ? undefined : `${file} imports the package ${target}`;
  }
  const to = relative(src, resolve(src, dirname(file), target));
  const layer = layerOf(to);
  if (!rules.layers.includes(layer)) return `${file} imports ${to}`;
  if (layerOf(file) === 'adapters' && layer === 'adapters' && file.split('/')[1] !== to.split('/')[1])
    return `${file} imports another adapter, ${to}`;
  if (layerOf(file) === 'core') {
    const [, from = '', into = ''] = [undefined, file.split('/')[1], to.split('/')[1]];
    if (!(CORE_ORDER[from] ?? []).includes(into)) return `${file} imports ${to}, against the order of the dataflow`;
  }
  return undefined;
}

describe('layers', () => {
  it('reads a source tree of the expected size, so that an empty look proves nothing', () => {
    expect(files.length).toBeGreaterThan(80);
    expect(imports.length).toBeGreaterThan(300);
  });

  it('imports go one way', () => {
    expect(imports.map(violation).filter((found) => found !== undefined)).toEqual([]);
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
