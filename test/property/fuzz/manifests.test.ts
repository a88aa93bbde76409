import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readManifestFolder } from '../../../src/cli/manifest-folder.ts';
import { buildModel } from '../../../src/core/manifest/build-model.ts';
import { CODES } from '../../../src/core/manifest/codes.ts';
import type { ModelFile } from '../../../src/core/manifest/file-changes.ts';
import { locateProblems } from '../../../src/core/manifest/locate.ts';
import { parseFile } from '../../../src/core/manifest/parse-file.ts';
import { trusted } from '../../../src/core/model/ids.ts';
import type { Problem } from '../../../src/core/model/problem.ts';
import { instant } from '../../../src/core/model/time.ts';
import { isWord } from '../../../src/core/model/vocabulary.ts';
import { planModel } from '../../../src/core/plan/plan-model.ts';
import { policyOf } from '../../../src/core/reconcile/read-policy.ts';
import { Random } from '../../support/small-world/random.ts';
import { mutateText } from './mutate-text.ts';
import { Effort, SEED } from './work.ts';

const PARSED = 26_000;
const BUILT = 4_000;
const NOW = instant(Date.parse('2026-03-02T08:00:00Z'));
const KNOWN = Object.keys(CODES);

const files = readManifestFolder(join(import.meta.dirname, '../../..'), 'fleet-manifests').map(({ path, content }) => {
  if (content.kind !== 'text') throw new Error(`${path} is no text`);
  return { path, text: content.text };
});
const texts = files.map(({ text }) => text);
const modelFile = (path: string, text: string): ModelFile => ({
  file: { path, blob: trusted.blob(path) },
  parsed: parseFile({ kind: 'text', text }),
});
const whole = files.map(({ path, text }) => modelFile(path, text));
const before = buildModel(whole, { now: NOW });

/** What a refusal must tell; `undefined` when it does. */
function untold(problem: Problem, textOf: (file: string) => string | undefined): string | undefined {
  const { file, line, column, code, message, hint, severity } = problem;
  const lines = textOf(file)?.split(/\r\n|\r|\n|\u2028|\u2029/);
  if (lines === undefined) return `there is no file ${file}`;
  if (!Number.isInteger(line) || line < 1 || line > lines.length) return `line ${line} of ${lines.length}`;
  if (!Number.isInteger(column) || column < 1 || column > Math.max(...lines.map(({ length }) => length)) + 2) return `column ${column}`;
  if (!isWord(KNOWN, code)) return `code ${code}`;
  if (message.trim() === '' || hint.trim() === '') return `message ${JSON.stringify(message)}, hint ${JSON.stringify(hint)}`;
  return severity === 'error' || severity === 'warning' ? undefined : `severity ${severity}`;
}

const documents = texts.flatMap((text) => text.split(/^---$/m));

it(`reads ${PARSED} documents that are wrong in some way, and says of each where (FC_SEED=${SEED})`, async () => {
  const random = new Random(SEED);
  const effort = new Effort();
  let refused = 0;
  for (let input = 0; input < PARSED; input += 1) {
    const text = mutateText(random.pickAny(documents) ?? '', random, documents);
    const told = toldOf(input, text);
    const { problems } = await effort.spent(told, () => parseFile({ kind: 'text', text }));
    for (const problem of problems) expectTold({ ...problem, file: 'one.yaml' }, () => text, told);
    if (problems.length > 0) refused += 1;
  }
  console.log(`documents: ${refused} of ${PARSED} refused; ${effort.words}`);
  // Inputs that are all refused, or all fine, would show little.
  expect(Math.min(refused, PARSED - refused)).toBeGreaterThan(PARSED / 20);
});

it(`builds ${BUILT} fleets with a file that is wrong in some way, and plans those that are valid all the same (FC_SEED=${SEED})`, async () => {
  expect(before.model).toBeDefined();
  const random = new Random(SEED);
  const effort = new Effort();
  let refused = 0;
  for (let input = 0; input < BUILT; input += 1) {
    const at = random.below(files.length);
    const { path = '', text: own = '' } = files[at] ?? {};
    const text = mutateText(own, random, texts);
    const told = toldOf(input, text);
    const textOf = (file: string): string | undefined => (file === path ? text : files.find((one) => one.path === file)?.text);
    const built = await effort.spent(told, () => {
      // At times with nothing remembered.
      const previous = input % 20 === 0 ? undefined : before;
      const made = buildModel(whole.with(at, modelFile(path, text)), { now: NOW, previous });
      if (made.model !== undefined && input % 5 === 0) carryOut(made);
      return made;
    });
    const problems = [...built.fileProblems, ...locateProblems(built.problems, textOf)];
    for (const problem of problems) expectTold(problem, textOf, told);
    const isRefused = problems.some(({ severity }) => severity === 'error');
    if (isRefused !== (built.model === undefined)) throw new Error(`${told()}: a model with errors, or none without`);
    if (isRefused) refused += 1;
  }
  console.log(`fleets: ${refused} of ${BUILT} refused; ${effort.words}`);
  expect(Math.min(refused, BUILT - refused)).toBeGreaterThan(BUILT / 20);
});

const toldOf = (input: number, text: string) => (): string => `input ${input}: ${JSON.stringify(text.slice(0, 500))}`;

function expectTold(problem: Problem, textOf: (file: string) => string | undefined, told: () => string): void {
  const wrong = untold(problem, textOf);
  if (wrong !== undefined) throw new Error(`${told()}: ${problem.code} does not say where or how: ${wrong}`);
}

/** What is valid can be planned, and its policy read. */
function carryOut({ model }: ReturnType<typeof buildModel>): void {
  if (model === undefined || before.model === undefined) return;
  policyOf(model, 1);
  const old = planModel({ model: before.model, before: new Map(), ledger: new Map(), orders: new Map(), stops: [] });
  planModel({ model, before: old.desired, ledger: new Map(), orders: new Map(), stops: [] });
}
