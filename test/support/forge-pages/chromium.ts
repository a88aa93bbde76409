import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';

/** @throws Error with the way out when there is no Chromium: this suite never passes without one. */
export function startChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(`no Chromium at ${executablePath}: install it (apt-get install chromium), or set CHROMIUM_PATH`);
  }
  // Nothing is loaded from elsewhere, and nothing of the browser's own calls home.
  const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...quiet] });
}

/** A page, and everything on it that a person should never see. */
export interface WatchedPage {
  readonly page: Page;
  /** Messages on the console, errors of scripts, dialogs, and requests to other hosts. */
  readonly trouble: readonly string[];
}

export async function openPage(context: BrowserContext, base: string): Promise<WatchedPage> {
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on('console', (message) => trouble.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => trouble.push(`script: ${error.message}`));
  page.on('dialog', (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${base}/`) && request.url() !== 'data:,') trouble.push(`request to ${request.url()}`);
  });
  return { page, trouble };
}

const TABS_MAX = 200;

/** Presses Tab until this has the focus, as a person without a mouse would. @throws Error when it is never reached. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let pressed = 0; pressed < TABS_MAX; pressed += 1) {
    await page.keyboard.press('Tab');
    if ((await target.and(page.locator(':focus')).count()) === 1) return;
  }
  throw new Error(`${target} is not reached by ${TABS_MAX} presses of Tab`);
}

/** Width in pixels of the line around what has the focus; 0: it cannot be seen where the keyboard is. */
export async function focusLine(page: Page): Promise<number> {
  const [style, width] = await page.evaluate<[string, string]>(
    '(({ outlineStyle, outlineWidth }) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))',
  );
  return style === 'none' ? 0 : Number.parseFloat(width);
}

/** What is on the page that should not be: read in the page itself, so written as its script. */
export interface Seen {
  /** Text of a user has run. */
  readonly pwned: boolean;
  /** Pixels by which the page is wider than the window. */
  readonly overflow: number;
  readonly loaded: number;
  /** Of the red in the colour behind everything, 0 to 255. */
  readonly brightness: number;
}

export function look(page: Page): Promise<Seen> {
  return page.evaluate<Seen>(`({
    pwned: 'pwned' in window,
    overflow: Math.max(0, document.documentElement.scrollWidth - window.innerWidth),
    loaded: document.querySelectorAll('img, iframe, object, embed').length,
    brightness: Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]),
  })`);
}
