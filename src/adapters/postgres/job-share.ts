/** Which jobs are this process's to run, where several replicas work on one queue. */
export interface JobShare {
  /** Fleets whose jobs it may take. */
  readonly openFleets: readonly string[];
  /** Asked again for a job that was taken: what is not ours any more is put back. */
  mayRun(fleet: string): boolean;
  /** A job of this fleet runs until the returned function is called. */
  begin(fleet: string): () => void;
}
