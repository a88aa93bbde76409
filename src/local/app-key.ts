import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the key of the app on the local forge is. */
export const appKeyFile = (home: string): string => join(home, 'app.pem');

/** The key of the app on the local forge: made once, like the one that GitHub gives. */
export function ensureAppKey(home: string): void {
  const path = appKeyFile(home);
  if (isKey(path)) return;
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileSync(path, privateKey, { mode: 0o600 });
  chmodSync(path, 0o600);
}

/** A key that is missing or damaged is made anew: the forge that is started next takes it as it is. */
function isKey(path: string): boolean {
  try {
    createPrivateKey(readFileSync(path));
    return true;
  } catch {
    return false;
  }
}
