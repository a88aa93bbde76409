import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = resolve(import.meta.dirname, '../../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  readonly license: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};
const dockerfile = read('Dockerfile');
const compose = parse(read('compose.yaml')) as {
  readonly services: Readonly<
    Record<
      string,
      { readonly environment: Readonly<Record<string, string>>; readonly secrets?: readonly string[]; readonly volumes: readonly string[] }
    >
  >;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};

describe('the image', () => {
  it('has the Node that the repository brings along', () => {
    expect(/^FROM node:([\d.]+)-/m.exec(dockerfile)?.[1]).toBe(manifest.devDependencies['node']);
  });

  it('starts what npm start starts', () => {
    const command = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as readonly string[];
    expect(command.join(' ')).toBe(manifest.scripts['start']);
  });

  it('copies files that are there, and that its context holds', () => {
    const copied = [...dockerfile.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '));
    const context = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    for (const name of copied) {
      expect([name, existsSync(join(root, name))]).toEqual([name, true]);
      expect(context).toContain(name);
    }
    // Read at run time, and no imports.
    expect(copied).toEqual(expect.arrayContaining(['app.yml', 'package.json', 'schemas', 'src', 'package-lock.json']));
  });
});

describe('the compose file', () => {
  it('names volumes and secrets that it declares', () => {
    for (const service of Object.values(compose.services)) {
      for (const volume of service.volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
      for (const secret of service.secrets ?? []) expect(Object.keys(compose.secrets)).toContain(secret);
    }
    expect(compose.services['bot']?.environment['PRIVATE_KEY_PATH']).toBe('/run/secrets/app_key');
  });

  it('keeps what setup writes out of git', () => {
    const ignored = read('.gitignore').split('\n');
    for (const file of ['flotilla.env', 'flotilla.pem', '.env']) expect(ignored).toContain(file);
    expect(compose.secrets['app_key']?.file).toBe('flotilla.pem');
  });
});

describe('the papers', () => {
  it('has the licence that package.json names', () => {
    expect(manifest.license).toBe('Apache-2.0');
    expect(read('LICENSE')).toContain('Apache License\n                           Version 2.0, January 2004');
  });

  it.each(['SECURITY.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'README.md'])('%s links to files that are there', (name) => {
    for (const [, target = ''] of read(name).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
      expect([target, existsSync(join(root, target))]).toEqual([target, true]);
    }
    for (const [, path = ''] of read(name).matchAll(/`((?:src|test|docs|schemas)\/[\w./-]+)`/g))
      expect([path, existsSync(join(root, path))]).toEqual([path, true]);
  });
});
