/**
 * Limits on manifests. Each is far above what a real fleet needs, and is there so that no pull request
 * can make the bot slow, or run it out of memory. Over a limit is an error with a code of its own.
 */

/** Bytes of one file. */
export const MAX_FILE_BYTES = 1024 * 1024;
/** Characters that are parsed where they come in, however they are written: the worst of them take some milliseconds a thousand. */
export const MAX_CHARS_AT_ONCE = 4 * 1024;
/** The same for a text in which nothing is out of the ordinary. */
export const MAX_PLAIN_CHARS_AT_ONCE = 32 * 1024;
/** Documents in one file: it may hold a whole fleet. */
export const MAX_DOCUMENTS_PER_FILE = 5_000;
/** Levels of maps and lists in one document; the schemas need 8. */
export const MAX_DEPTH = 32;
/** Columns before the first word of a line. Bounds the recursion of the YAML parser, which has no limit of its own. */
export const MAX_INDENT_COLUMNS = 200;
/** Keys and list items of one document, counted before a tree is made of them. */
export const MAX_VALUES_PER_DOCUMENT = 20_000;
/** Keys of one map. The largest the schemas allow is 500. */
export const MAX_KEYS_PER_MAP = 1_000;
/** Items of one list. The largest the schemas allow is 1,000; checking a list for duplicates costs its square. */
export const MAX_ITEMS_PER_LIST = 2_000;
/** Problems reported for one file; the last of them counts the others. */
export const MAX_PROBLEMS_PER_FILE = 100;
/** Problems inside files reported for one tree; the last of them counts the others. */
export const MAX_PROBLEMS_IN_FILES = 5_000;

/** YAML files under the manifest root. */
export const MAX_FILES = 250_000;
/** Clusters of one fleet. */
export const MAX_CLUSTERS = 200_000;

/** Clusters that have a problem of their own before the others of the same kind are counted in one. */
export const MAX_CLUSTERS_NAMED = 50;
/** Names that one message lists before it counts the rest. */
export const MAX_NAMES_IN_MESSAGE = 20;
