/** Which jobs are this process's to run, where several replicas work on one queue. */
export interface JobShare {
  /** Flags of the jobs that are not to be taken. */
  foreign(): readonly string[];
  /** Asked for a job that was taken: what is not ours is put back. */
  mayRun(fleet: string): boolean;
  /** A job of this fleet runs until the returned function is called. */
  begin(fleet: string): () => void;
  /** Jobs are locked under this name, too, from now on. */
  addWorker(id: string): void;
}
