import type { DesiredSpec } from '../../core/desired/desired.ts';
import { normaliseValue } from '../../core/desired/normalise.ts';
import { canonicalJson, hash16 } from '../../core/model/hash.ts';
import { FLAG_PREFIX } from './annotations.ts';

type Data = Readonly<Record<string, string>>;
type Settings = Pick<DesiredSpec, 'config' | 'featureFlags'>;

/** Settings as a ConfigMap holds them: a key for each; a feature flag that is off is absent. */
export function dataOf({ config, featureFlags }: Settings): Data {
  const flags = Object.entries(featureFlags).filter(([, on]) => on);
  return Object.fromEntries([
    ...Object.entries(config).map(([name, value]) => [name, String(value)]),
    ...flags.map(([name]) => [`${FLAG_PREFIX}${name}`, 'true']),
  ]);
}

export function settingsOf(data: Data): Settings {
  const entries = Object.entries(data);
  const [flags, config] = [entries.filter(([name]) => isFlag(name)), entries.filter(([name]) => !isFlag(name))];
  return {
    config: Object.fromEntries(config.map(([name, value]) => [name, normaliseValue(value)])),
    featureFlags: Object.fromEntries(flags.map(([name, value]) => [name.slice(FLAG_PREFIX.length), value === 'true'])),
  };
}

const isFlag = (name: string): boolean => name.startsWith(FLAG_PREFIX);

/** Says whether pods were made from these settings. */
export const hashOfData = (data: Data): string => hash16(canonicalJson(data));
