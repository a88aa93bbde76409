/** Addresses of a repository's pages, laid out as GitHub lays them out. */
export interface Addresses {
  readonly home: string;
  readonly issues: string;
  readonly pulls: string;
  readonly newPull: string;
  issue(number: number): string;
  pull(number: number): string;
  commit(sha: string): string;
  run(id: number): string;
  tree(branch: string, path: string): string;
  blob(branch: string, path: string): string;
  edit(branch: string, path: string): string;
  compare(base: string, head: string): string;
}

export function addressOf(repository: { readonly owner: string; readonly name: string }): Addresses {
  const home = `/${encodeURIComponent(repository.owner)}/${encodeURIComponent(repository.name)}`;
  const inTree = (page: string) => (branch: string, path: string) =>
    `${home}/${page}/${encodePath(branch)}${path === '' ? '' : `/${encodePath(path)}`}`;
  return {
    home,
    issues: `${home}/issues`,
    pulls: `${home}/pulls`,
    newPull: `${home}/compare`,
    issue: (number) => `${home}/issues/${number}`,
    pull: (number) => `${home}/pull/${number}`,
    commit: (sha) => `${home}/commit/${sha}`,
    run: (id) => `${home}/runs/${id}`,
    tree: inTree('tree'),
    blob: inTree('blob'),
    edit: inTree('edit'),
    compare: (base, head) => `${home}/compare/${encodePath(base)}...${encodePath(head)}`,
  };
}

/** Keeps the slashes of a path or branch, and nothing else that means something in an address. */
const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
