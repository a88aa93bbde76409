import { dataFolder } from './data-folder.ts';
import { isServerOf, readPostmaster } from './postmaster.ts';

/**
 * Ends the embedded server of a folder that no bot has any more: one that was killed leaves it running, so that the
 * next can take it over. The server writes everything out first.
 *
 * @returns its process id, or `undefined` when none was running.
 */
export async function stopLeftServer(folder: string): Promise<number | undefined> {
  const { data } = dataFolder(folder);
  const server = await readPostmaster(data);
  if (server === undefined || !(await isServerOf(data, server))) return undefined;
  // PostgreSQL's fast shutdown.
  process.kill(server.pid, 'SIGINT');
  return server.pid;
}
