import { describe } from 'vitest';
import { playRange } from './play-range.ts';

describe('a fleet in which everything goes wrong, second half', () => playRange(1_001, 1_000));
