/** Addresses of a repository's pages, laid out as GitHub lays them out. */
export interface Addresses {
  readonly home: string;
  readonly issues: string;
  readonly pulls: string;
  readonly newPull: string;
  issue(number: number): string;
  pull(number: number): string;
  run(id: number): string;
  compare(base: string, head: string): string;
}

export function addressOf(repository: { readonly owner: string; readonly name: string }): Addresses {
  const home = `/${encodeURIComponent(repository.owner)}/${encodeURIComponent(repository.name)}`;
  return {
    home,
    issues: `${home}/issues`,
    pulls: `${home}/pulls`,
    newPull: `${home}/compare`,
    issue: (number) => `${home}/issues/${number}`,
    pull: (number) => `${home}/pull/${number}`,
    run: (id) => `${home}/runs/${id}`,
    compare: (base, head) => `${home}/compare/${encodePath(base)}...${encodePath(head)}`,
  };
}

/** Keeps the slashes of a path or branch, and nothing else that means something in an address. */
const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
