/** Median milliseconds that our own decision takes for this many clusters, of which this share (0 to 1) is done. */
export type MeasureDecide = (clusters: number, doneShare: number) => number;

/** None yet: the peer is then measured alone. */
export const measureDecide: MeasureDecide | undefined = undefined;
