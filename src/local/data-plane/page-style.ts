const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Makes text inert in HTML, in content and in quoted attributes alike. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);

/** Both colour schemes keep a contrast of 4.5 to 1 for text. */
export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --soft: light-dark(#f6f8fa, #151b23); --ink: light-dark(#1f2328, #f0f6fc);
  --mute: light-dark(#59636e, #9198a1); --good: light-dark(#dafbe1, #12351c); --bad: light-dark(#ffebe9, #4b1113); --warn: light-dark(#fff8c5, #3b2d00);
  --busy: light-dark(#ddf4ff, #0c2d4d); --link: light-dark(#0550ae, #79c0ff); }
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; max-width: 72rem; margin-inline: auto; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: light-dark(#fff, #0d1117); }
h1 { margin: 0; font-size: 1.5rem; } h2 { font-size: 1.2rem; margin: 1.5rem 0 .5rem; } h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .25rem 0; } header p, .detail, nav { color: var(--mute); }
a { color: var(--link); } .skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; margin: .5rem 0; }
.facts { overflow-wrap: anywhere; }
.badge { display: inline-block; padding: 0 .5rem; border-radius: 1rem; font-size: .85rem; border: 1px solid var(--line); }
.good { background: var(--good); } .bad { background: var(--bad); } .warn { background: var(--warn); } .busy { background: var(--busy); }
.brokers { display: flex; flex-wrap: wrap; gap: .35rem; list-style: none; padding: 0; margin: .5rem 0 0; font-size: .85rem; }
.brokers li { border: 1px solid var(--line); border-radius: .35rem; padding: .1rem .5rem; } .brokers .idle { border-style: dashed; }
.message { padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .5rem; overflow-wrap: anywhere; }
details { margin-top: .5rem; } summary { cursor: pointer; color: var(--link); }
form.bar { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: end; padding: .5rem; margin: .5rem 0; background: var(--soft); border: 1px solid var(--line); border-radius: .5rem; }
form.bar legend, form.bar strong { flex-basis: 100%; }
label { display: grid; font-size: .85rem; color: var(--mute); } label.check { display: flex; gap: .35rem; align-items: center; min-height: 2.75rem; }
input, select, button { font: inherit; color: var(--ink); padding: .35rem .5rem; min-height: 2.75rem; max-width: 100%; border: 1px solid var(--line); border-radius: .35rem; background: light-dark(#fff, #0d1117); }
input[type="checkbox"] { min-height: 0; width: 1.25rem; height: 1.25rem; } input[inputmode="numeric"] { width: 6rem; }
button { cursor: pointer; background: var(--soft); font-weight: 600; }
@media (max-width: 40rem) { form.bar label, form.bar input:not([type="checkbox"]), form.bar select, form.bar button { width: 100%; } }
`;
