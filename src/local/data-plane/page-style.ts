import { readFileSync } from 'node:fs';
import { stylesheetOf } from '../../http/html/stylesheet.ts';

export const pageStyle = stylesheetOf(readFileSync(new URL('./page-style.css', import.meta.url), 'utf8'));
