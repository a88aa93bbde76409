export * from '../stop/stop.ts';
