/** What a mutator sees of Babel's tree. */
interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

interface Path {
  readonly node: Node;
  readonly parent: Node | null;
}

interface Mutator {
  readonly name: string;
  mutate(path: Path): Iterable<Node>;
}

const EFFECTS: ReadonlySet<string> = new Set(['CallExpression', 'OptionalCallExpression', 'AssignmentExpression']);

/** `draft.set(x);` → `;`. The only statement of a block is left to the mutator that empties blocks. */
const statementRemoval: Mutator = {
  name: 'StatementRemoval',
  *mutate({ node, parent }) {
    if (node.type !== 'ExpressionStatement' || !EFFECTS.has((node['expression'] as Node).type)) return;
    if (parent?.type === 'BlockStatement' && (parent['body'] as readonly Node[]).length === 1) return;
    yield { type: 'EmptyStatement' };
  },
};

/** `isOpen(x) ? a : b` → `true ? a : b`, `false ? a : b`. Comparisons are mutated so already. */
const ternaryCondition: Mutator = {
  name: 'TernaryCondition',
  *mutate({ node, parent }) {
    if (parent?.type !== 'ConditionalExpression' || parent['test'] !== node) return;
    if (node.type === 'BinaryExpression' || node.type === 'LogicalExpression') return;
    yield { type: 'BooleanLiteral', value: true };
    yield { type: 'BooleanLiteral', value: false };
  },
};

/** Stryker has no door for mutators of one's own, so they are put into its list; its version is pinned. */
export async function addMutators(): Promise<void> {
  const list = new URL('mutators/mutate.js', import.meta.resolve('@stryker-mutator/instrumenter'));
  const { allMutators }: { allMutators?: Mutator[] } = await import(list.href);
  if (!Array.isArray(allMutators)) throw new Error('Stryker keeps its mutators elsewhere now');
  allMutators.push(statementRemoval, ternaryCondition);
}
