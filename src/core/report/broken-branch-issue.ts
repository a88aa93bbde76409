import { hasErrors } from '../model/problem.ts';
import { layOut } from './lay-out.ts';
import { code } from './markdown.ts';
import { type BranchView, inForce } from './plan-check.ts';
import { countProblems, problemRows } from './problem-table.ts';

export const BROKEN_MARKER = '<!-- flotilla:v1 kind=broken-branch -->';

/** The issue that says that the default branch cannot be read; and, once it can be again, that it is fixed. */
export function renderBrokenBranchIssue(view: BranchView): { readonly title: string; readonly body: string } {
  const { commit, lastGood, problems } = view;
  const title = 'The manifests on the default branch are broken';
  if (!hasErrors(problems)) {
    const body = `✅ Fixed: the manifests are valid again since ${code(commit.slice(0, 12))}, and in force.`;
    return { title, body: layOut([`${BROKEN_MARKER}\n${body}`]) };
  }
  const parts = [
    `${BROKEN_MARKER}\n❌ ${countProblems(problems)} in the manifests at ${code(commit.slice(0, 12))}. ${inForce(lastGood)}`,
    'Merges have no effect until this is fixed.',
    problemRows(problems),
    '**Next:** open a pull request that fixes this, or revert the commit. This issue closes by itself.',
  ];
  return { title, body: layOut(parts) };
}
