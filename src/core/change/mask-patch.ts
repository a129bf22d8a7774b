import { type Json, segmentsOf } from '../document.ts';
import type { Operation } from './patch.ts';
import { isSecretBelow } from './secret-keys.ts';
import { describes } from './secret-values.ts';
import { isSecretKey, MASK, maskSecrets } from './secrets.ts';

/**
 * A patch that may be shown: values of secret keys, and secrets inside texts, are masked. `texts` are the
 * files that the values stand in: what is masked in all of a file's text is secret here, too, where the
 * key alone (`value:` below `name: DB_PASSWORD`) does not tell.
 */
export function maskPatch(
  patch: readonly Operation[],
  extra: readonly RegExp[] = [],
  texts: readonly string[] = [],
): Operation[] {
  const isHidden = hiddenIn(texts, extra);
  const secret = (key: string) => isSecretKey(key) || extra.some(pattern => pattern.test(key));
  const maskKey = (key: string) => maskSecrets(key, extra).text;
  const mask = (value: Json, key: string, isBelow: boolean, above = ''): Json => {
    if (value !== null && typeof value === 'object') {
      if (Array.isArray(value)) return value.map(item => mask(item, key, isBelow, above));
      const below = isBelow || secret(key);
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [maskKey(name), mask(inner, name, below, key)]),
      );
    }
    if (secret(key) || isSecretBelow(above, key) || (isBelow && !describes(key))) return MASK;
    if (isHidden(String(value))) return MASK;
    if (typeof value !== 'string') return value;
    // A directive such as `incominguser NAME PASSWORD` is only told by key and value together.
    const line = maskSecrets(`${key} ${value}`, extra);
    return line.count > 0 ? line.text.slice(key.length + 1) : maskSecrets(value, extra).text;
  };
  return patch.map(operation => {
    const keys = segmentsOf(operation.path).filter(segment => !/^\d+$/.test(segment));
    const shown = { ...operation, path: maskPointer(operation.path, maskKey) };
    if ('from' in shown) shown.from = maskPointer(shown.from, maskKey);
    if (!('value' in shown)) return shown;
    const key = keys.pop() ?? '';
    return { ...shown, value: mask(shown.value, key, keys.some(secret), keys.at(-1)) };
  });
}

/** A pointer that may be shown: some formats take a whole line for a key (`Auth-Token : x`). */
export function maskPointer(pointer: string, mask: (key: string) => string): string {
  return pointer
    .split('/')
    .map(segment => mask(segment))
    .join('/');
}

/**
 * Tells what stands in these texts (whole files) only where they are masked: a part of a secret, which may
 * look like a node's name, and must not be told of as one.
 */
export function hiddenIn(
  texts: readonly (string | undefined)[],
  extra: readonly RegExp[] = [],
): (value: string) => boolean {
  const masked = texts
    .filter(text => text !== undefined)
    .map(text => ({ text, safe: maskSecrets(text, extra).text }));
  return value =>
    value !== '' && masked.some(({ text, safe }) => text.includes(value) && !safe.includes(value));
}
