import { ORDER_MODES, type OrderMode } from '../../core/evidence/order.ts';
import { type Decoder, decode, maybe, object, parsed, text, word } from '../../core/model/decode.ts';
import { parseRevision, type Revision } from '../../core/model/ids.ts';
import { err, ok, type Result } from '../../core/model/result.ts';
import { CLUSTER, EPOCH, FLEET, MODE, REVISION } from './annotations.ts';

/** The order that stands on an object, and whose it is. */
export interface Standing {
  readonly fleet: string | undefined;
  readonly cluster: string | undefined;
  /** `undefined` before the first order. */
  readonly accepted: { readonly epoch: number; readonly revision: Revision; readonly mode: OrderMode } | undefined;
}

const epoch: Decoder<number> = parsed(text, (value) =>
  /^[1-9]\d{0,14}$/.test(value) ? ok(Number(value)) : err(`not an epoch: ${JSON.stringify(value.slice(0, 40))}`),
);

const whose = object({ [FLEET]: maybe(text), [CLUSTER]: maybe(text), [EPOCH]: maybe(text) });
const order = object({ [EPOCH]: epoch, [REVISION]: parsed(text, parseRevision), [MODE]: word(ORDER_MODES) });

/** An error when somebody has written what is no order: then nobody can tell which epoch was accepted. */
export function readStanding(annotations: Readonly<Record<string, string>>): Result<Standing, string> {
  const named = decode(whose, annotations);
  if (!named.ok) return named;
  const { [FLEET]: fleet, [CLUSTER]: cluster, [EPOCH]: isOrdered } = named.value;
  if (isOrdered === undefined) return ok({ fleet, cluster, accepted: undefined });
  const read = decode(order, annotations);
  if (!read.ok) return err(`annotation ${read.error}`);
  return ok({ fleet, cluster, accepted: { epoch: read.value[EPOCH], revision: read.value[REVISION], mode: read.value[MODE] } });
}
