import { readdirSync, readFileSync } from 'node:fs';

/** A server and all its processes that stand still, as under a hypervisor that pauses them or a disk that hangs. */
export class Standstill {
  readonly #pids: readonly number[];

  /** @param postmaster - stopped first, so that it makes no more processes. */
  constructor(postmaster: number) {
    process.kill(postmaster, 'SIGSTOP');
    const children = childrenOf(postmaster);
    for (const pid of children) process.kill(pid, 'SIGSTOP');
    this.#pids = [...children, postmaster];
  }

  end(): void {
    for (const pid of this.#pids) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // It has ended.
      }
    }
  }
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        // The name is in brackets and may hold any character; state and parent follow it.
        const [, ppid] = readFileSync(`/proc/${pid}/stat`, 'latin1')
          .replace(/^.*\) /s, '')
          .split(' ');
        return Number(ppid) === parent;
      } catch {
        return false;
      }
    });
}
