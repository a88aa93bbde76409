#!/usr/bin/env node
// Plain JavaScript, so that an older Node can read it: it only finds a Node that runs TypeScript as it is.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { join } from 'node:path';

const NODE_MAJOR_MIN = 24;

/** The Node that the repository brings along. */
function bundledNode() {
  try {
    const folder = join(createRequire(import.meta.url).resolve('node/package.json'), '..');
    return join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    return undefined;
  }
}

function runUnder(node) {
  const child = spawn(node, [import.meta.filename ?? process.argv[1], ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; a program that stops us means the command.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`flotilla: cannot start ${node}: ${error.message}; run npm ci`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}

if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN) {
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    cwd: process.cwd(),
    env: process.env,
  });
} else {
  const node = bundledNode();
  if (node === undefined) {
    console.error(`flotilla needs Node ${NODE_MAJOR_MIN} and runs under ${process.versions.node}: run npm ci, which brings one along`);
    process.exitCode = 1;
  } else runUnder(node);
}
