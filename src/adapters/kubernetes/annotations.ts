/** Whose field is whose, to the API server. */
export const FIELD_MANAGER = 'flotilla';

/** On the workload: the newest order that was accepted, and of whom. */
export const FLEET = 'flotilla.dev/fleet';
export const CLUSTER = 'flotilla.dev/cluster';
export const EPOCH = 'flotilla.dev/epoch';
export const REVISION = 'flotilla.dev/revision';
export const MODE = 'flotilla.dev/mode';

/** On the template of the pods, so that a pod says itself what it was made from. */
export const VERSION = 'flotilla.dev/version';
/** The image that stands for the version: one that was changed by hand does not. */
export const IMAGE = 'flotilla.dev/image';
/** The hash of the settings: another one restarts the pods. */
export const CONFIG = 'flotilla.dev/config';

/** Feature flags are settings whose names begin so. */
export const FLAG_PREFIX = 'featureFlags.';
