import { describe } from 'vitest';
import { playRange } from './play-range.ts';

describe('a fleet in which everything goes wrong, first half', () => playRange(1, 1_000));
