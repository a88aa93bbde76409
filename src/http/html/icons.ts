import { type Html, html } from './html.ts';

/** Outlines on a 16 by 16 grid, drawn with the colour of the text beside them. */
const OUTLINES = {
  check: 'M3 8.5l3.2 3.2L13 4.8',
  cross: 'M4 4l8 8M12 4l-8 8',
  circle: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.2l2.2 1.4',
  warning: 'M8 2.6L14.2 13.4H1.8zM8 6.4v3.2M8 11.6v.1',
  info: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 7.3v3.4M8 5.2v.1',
  stop: 'M5.6 2.5h4.8l3.1 3.1v4.8l-3.1 3.1H5.6l-3.1-3.1V5.6zM8 5v3.6M8 10.9v.1',
  hand: 'M6 3.5v9M10 3.5v9',
  merge:
    'M4.5 5.5v7M4.5 5.5a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2M4.5 13.9a1.6 1.6 0 1 0 0-.1M11.5 9.9a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2M4.5 5.5c.4 2 2.6 2.8 5.4 2.8',
  branch:
    'M4.5 5.5v5M4.5 5.5a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2M4.5 13.7a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2M11.5 5.5a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2M11.5 5.5c0 3-7 2-7 5',
  pull: 'M4.5 5.5v5M4.5 5.5a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2M4.5 13.7a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2M11.5 13.7a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2M11.5 10.5V6.2c0-1.3-.8-2-2-2H7.6M9.4 2.4L7.6 4.2l1.8 1.8',
  commit: 'M8 5.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8M1.5 8h4.1M10.4 8h4.1',
  comment: 'M2.5 3.5h11v7.5H7.6L4.6 13.4V11H2.5z',
  file: 'M4 1.8h5l3 3v9.4H4zM9 1.8v3h3',
  folder: 'M1.8 3.5h4.4l1.4 1.8h6.6v7.4H1.8z',
  pencil: 'M10.8 2.6l2.6 2.6-7.8 7.8-3.2.6.6-3.2z',
  person: 'M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8M3 13.6c.4-2.6 2.4-4 5-4s4.6 1.4 5 4',
  tag: 'M2.4 2.4h5.4l5.8 5.8-5.4 5.4-5.8-5.8zM5.2 5.2v.1',
  skip: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M4.2 11.8l7.6-7.6',
} as const;

export type IconName = keyof typeof OUTLINES;

/** Hidden from screen readers: a word always stands beside it. */
export function icon(name: IconName): Html {
  return html`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false"><path d="${OUTLINES[name]}"/></svg>`;
}
