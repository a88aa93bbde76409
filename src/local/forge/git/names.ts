const OWNER = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?$/;
const REPOSITORY = /^[A-Za-z0-9._-]{1,100}$/;

/** Names become folders: only these characters, and nothing that git or a file system reads as something else. */
export const isOwnerName = (name: string): boolean => OWNER.test(name);

export function isRepositoryName(name: string): boolean {
  return REPOSITORY.test(name) && !name.startsWith('.') && !/\.(git|lock|wiki)$/i.test(name);
}

export const isSha = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

export const NO_SHA = '0'.repeat(40);

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the rule forbids.
const FORBIDDEN_IN_REF = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/$|\.$|^@$/;

/** The rules of `git check-ref-format --branch`, so that no name of a client reaches git as an option or a revision expression. */
export function isBranchName(name: string): boolean {
  if (name === '' || name.length > 244 || name.startsWith('-') || name.startsWith('/') || FORBIDDEN_IN_REF.test(name)) return false;
  return name !== 'HEAD' && name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}

/** A path inside a tree: relative, no empty, `.`, `..` or `.git` part, no NUL. */
export function isTreePath(path: string): boolean {
  if (path === '' || path.length > 4_096 || path.includes('\0') || path.includes('\\')) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');
}
