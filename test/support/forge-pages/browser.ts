/** As much of a browser as forms need: cookies, redirects, and the fields of the page that was read. */
export interface Visitor {
  /** Reads a page. */
  get(path: string): Promise<Visited>;
  /** Sends the form of a page that has this action, with its hidden fields and these. */
  send(
    page: Visited,
    action: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Visited>;
}

export interface Visited {
  readonly status: number;
  /** Where the redirects ended. */
  readonly path: string;
  readonly text: string;
  /** What the last action said. */
  readonly said: string;
}

const REDIRECTS_MAX = 5;

export function newVisitor(base: string): Visitor {
  const jar = new Map<string, string>();
  const visit = async (path: string, init: RequestInit, left = REDIRECTS_MAX): Promise<Visited> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(`${base}${path}`, {
      ...init,
      redirect: 'manual',
      headers: { cookie, ...(init.headers as Record<string, string>) },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    const to = response.headers.get('location');
    if (to !== null && left > 0) return visit(to, {}, left - 1);
    const text = await response.text();
    return { status: response.status, path, text, said: plain(/<div class="flash[^>]*>([\s\S]*?)<\/div>/.exec(text)?.[1] ?? '') };
  };
  return {
    get: (path) => visit(path, {}),
    send: (page, action, fields, headers = {}) => {
      const form = [...page.text.matchAll(/<form method="post" action="([^"]+)"[\s\S]*?<\/form>/g)].find((match) => match[1] === action);
      if (form === undefined) throw new Error(`${page.path} has no form for ${action}`);
      const hidden = [...form[0].matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map((match) => [
        match[1] ?? '',
        match[2] ?? '',
      ]);
      const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields });
      return visit(action, { method: 'POST', body, headers: { origin: base, ...headers } });
    },
  };
}

const plain = (markup: string): string => markup.replace(/<[^>]*>/g, '').trim();
