import { type Html, html } from '../../http/html/html.ts';
import { FAULT_KINDS } from '../../ports/in-memory/simulated-clusters/cluster-state.ts';
import type { PageInput } from './page.ts';
import { addressOf, type ClusterStatus } from './status.ts';

const FAULT_WORDS: Readonly<Record<(typeof FAULT_KINDS)[number] | 'none', string>> = {
  'crash-loop': 'crash-loop: a broker never gets ready',
  stuck: 'stuck: a broker never comes back',
  slow: 'slow: restarts take ten times as long',
  unreachable: 'unreachable: does not answer',
  none: 'none: clear every fault',
};

/** Breaks or fixes every cluster, or a whole data plane. */
export function fleetControls(input: PageInput): Html {
  const planes = input.dataPlanes.map((name) => html`<option>${name}</option>`);
  return html`<section aria-labelledby="everything">
<h2 id="everything">Break or fix many at once</h2>
<details>
<summary>Every cluster, or a whole data plane</summary>
<form class="bar" method="post" action="/faults" aria-label="Every cluster">
${hidden(input)}<input type="hidden" name="all" value="true">
<strong>Every cluster</strong>
${faultFields()}
<button>Apply to all ${input.total} clusters</button>
</form>
<form class="bar" method="post" action="/faults" aria-label="A whole data plane">
${hidden(input)}
<strong>A whole data plane</strong>
<label>Data plane <select name="dataPlane">${planes}</select></label>
<label>Fault <select name="with"><option value="unreachable">${FAULT_WORDS.unreachable}</option><option value="none">none: answers again</option></select></label>
<button>Apply to the data plane</button>
</form>
</details>
</section>`;
}

/** Breaks, fixes or changes one cluster. */
export function controls({ inside }: ClusterStatus, input: PageInput): Html {
  const name = inside.cluster;
  const who = html`${hidden(input)}<input type="hidden" name="cluster" value="${name}"><input type="hidden" name="dataPlane" value="${inside.dataPlane}">`;
  return html`<details>
<summary>Break or change ${name}</summary>
<form class="bar" method="post" action="/faults" aria-label="Break ${name}">
${who}
<strong>Break or fix</strong>
${faultFields()}
<button>Apply fault</button>
</form>
<form class="bar" method="post" action="/set" aria-label="Change ${name} by hand">
${who}
<strong>Change by hand, behind the bot's back</strong>
<label>Version <input name="version" placeholder="${inside.running.version}" autocomplete="off"></label>
<label>Replicas <input name="replicas" inputmode="numeric" placeholder="${inside.running.replicas}" autocomplete="off"></label>
<label>Setting <input name="config" placeholder="KEY=VALUE" autocomplete="off"></label>
<label>Image <input name="image" placeholder="${inside.running.image ?? 'image'}" autocomplete="off"></label>
<button>Change</button>
</form>
</details>`;
}

function faultFields(): Html {
  const options = [...FAULT_KINDS, 'none' as const].map((kind) => html`<option value="${kind}">${FAULT_WORDS[kind]}</option>`);
  return html`<label>Fault <select name="with">${options}</select></label>
<label>Only for version <input name="version" placeholder="any new one" autocomplete="off"></label>
<label>Only broker <input name="broker" inputmode="numeric" placeholder="any" autocomplete="off"></label>`;
}

function hidden(input: PageInput): Html {
  return html`<input type="hidden" name="token" value="${input.token}"><input type="hidden" name="back" value="${addressOf(input, input.page)}">`;
}
