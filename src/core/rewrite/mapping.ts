import { type Failure, isFailure } from '../failure.ts';
import { type Compiled, compile, type Proven } from './compile.ts';
import type { IdentitySpec, Mapping } from './identity.ts';
import { type Pair, pairOf, type Shared, sharedOf } from './pair.ts';
import { prove } from './proof.ts';
import { scanPlain } from './scanner.ts';
import type { Renaming } from './scope.ts';

export type CompiledMapping =
  | { readonly mapping: Mapping; readonly failures: readonly [] }
  | { readonly mapping?: undefined; readonly failures: readonly Failure[] };

/**
 * Proves a mapping one-to-one and closed, and prepares it for scanning. Failures: 'pair-invalid',
 * 'pair-kind' for a pair by itself; 'pair-collision', 'pair-chain' for two that contradict each other,
 * with both places (`at` the later, `also` the earlier).
 */
export function compileMapping(spec: IdentitySpec): CompiledMapping {
  const failures: Failure[] = [];
  const valid = <T extends object>(one: T | Failure): one is T => {
    if (isFailure(one)) failures.push(one);
    return !isFailure(one);
  };
  const pairs: Pair[] = spec.pairs.map(pairOf).filter(valid);
  const shared: Shared[] = spec.shared.map(sharedOf).filter(valid);
  const proof = prove(pairs, shared);
  if (failures.length > 0 || proof.failures.length > 0) {
    return { failures: [...failures, ...proof.failures] };
  }
  return { mapping: mappingOf(spec, { pairs, shared, overridden: proof.overridden }), failures: [] };
}

/** The matcher of a mapping. Only for core/rewrite. */
export function compiledOf(mapping: Mapping): Compiled {
  return mapping.compiled as Compiled;
}

/** Whether a mapping is read from the backup's side. */
export function isReversed(mapping: Mapping): boolean {
  return compiledOf(mapping).isReversed;
}

/** How places and files, which pairs name as the primary does, are called on the side that follows. */
export function namesOnOtherSide(mapping: Mapping): Renaming {
  const compiled = compiledOf(mapping);
  return compiled.isReversed ? text => text : text => rewriteAnywhere(text, compiled);
}

function mappingOf(spec: IdentitySpec, proven: Proven): Mapping {
  const forward = compile(proven, false);
  const mapping: Mapping = { spec, compiled: forward, reversed: () => reversed };
  let backward: Compiled | undefined;
  const reversed: Mapping = {
    spec,
    // Failback is rare; most mappings are never read from the backup's side.
    get compiled() {
      backward ??= compile(proven, true, text => rewriteAnywhere(text, forward));
      return backward;
    },
    reversed: () => mapping,
  };
  return mapping;
}

/** Rewrites a name or a place by the pairs that hold everywhere. */
function rewriteAnywhere(text: string, compiled: Compiled): string {
  let out = '';
  let at = 0;
  for (const match of scanPlain(text, compiled)) {
    out += text.slice(at, match.start) + match.put;
    at = match.end;
  }
  return out + text.slice(at);
}
