import { createHash } from 'node:crypto';
import type { FileRules } from '../../src/core/apply/file-input.ts';
import { type IdentitySpec, KINDS, type Kind } from '../../src/core/rewrite/identity.ts';
import { compileMapping } from '../../src/core/rewrite/mapping.ts';

export const digest = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** Rules of one file under a mapping, with nothing held that a test does not ask for. */
export function rulesOf(spec: IdentitySpec, more: Partial<FileRules> = {}): FileRules {
  const { mapping, failures } = compileMapping(spec);
  if (mapping === undefined) throw new Error(failures[0]?.message);
  return {
    relationship: 'pair',
    mapping,
    rewrite: 'swap',
    preserve: [],
    conflict: 'hold',
    mode: 'auto',
    unmapped: Object.fromEntries(KINDS.map(kind => [kind, 'warn'])) as Record<Kind, 'warn'>,
    guard: undefined,
    digest,
    ...more,
  };
}
