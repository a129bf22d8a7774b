import type { IdentitySpec, Kind, Mapping } from '../identity.ts';
import { isReversed, namesOnOtherSide } from '../mapping.ts';
import { type Scope, scopeOf, type Verdict, verdictOf } from '../scope.ts';
import { groupsOf, ipv6Bits, maskBits, octetsOf, quadBits } from './numbers.ts';

/**
 * Whose identifier it is: an index into IdentitySpec.pairs; 'shared', nobody's; 'counterpart', a prefix
 * of the side that follows, sought only for its tail.
 */
export type Owner = number | 'shared' | 'counterpart';

/** A place where an identifier stands, whoever it belongs to. */
export interface Hit {
  readonly start: number;
  readonly end: number;
  readonly owners: readonly Owner[];
  /** A prefix with its tail, which is kept as it is: nothing that begins in it is looked at. */
  readonly isPrefix?: boolean;
}

/** A name, split so that its first and last character are of the kind that words are made of. */
export interface SoughtName {
  readonly owner: Owner;
  readonly kind: Kind;
  readonly lead: string;
  readonly trail: string;
  readonly isPrefix: boolean;
}

/** A subnet by the bits that its addresses share. */
export interface SoughtSubnet {
  readonly owner: Owner;
  readonly isV6: boolean;
  readonly head: string;
}

/** Everything that is sought, by its one spelling. */
export interface Sought {
  readonly names: ReadonlyMap<string, readonly SoughtName[]>;
  /** By the first word of a name: how many words the longest one has. */
  readonly words: ReadonlyMap<string, number>;
  /** Names with no word in them, or whose last word goes on (`nas1-*`). */
  readonly odd: readonly (SoughtName & { readonly text: string })[];
  /** Addresses and `address/bits`; IPv6 in eight groups. */
  readonly addresses: ReadonlyMap<string, readonly Owner[]>;
  readonly subnets: readonly SoughtSubnet[];
  readonly hasV4: boolean;
  readonly hasV6: boolean;
  /** WWN and MAC by their digits, in lower case. */
  readonly hex: ReadonlyMap<string, readonly Owner[]>;
  readonly uuids: ReadonlyMap<string, readonly Owner[]>;
  /** Whether a pair applies at a place of the file. */
  readonly applies: (pair: number, pointer: string | undefined) => boolean;
  readonly kindOf: (pair: number) => Kind;
}

interface Identifier {
  readonly owner: Owner;
  readonly kind: Kind;
  readonly value: string;
}

/** What was worked out for a mapping: its limits, and what is sought in the file that was asked for last. */
interface Remembered {
  readonly scopes: readonly (Scope | undefined)[];
  /** Of a mapping without limits this holds for every file. */
  last: { readonly file: string | undefined; readonly sought: Sought } | undefined;
}

/** A change of one line must not cost what ten thousand pairs weigh. */
const REMEMBERED = new WeakMap<Mapping, Remembered>();

/** What is sought in one file of the side that follows. */
export function soughtOf(mapping: Mapping, file: string): Sought {
  let known = REMEMBERED.get(mapping);
  if (known === undefined) {
    const rename = namesOnOtherSide(mapping);
    known = { scopes: mapping.spec.pairs.map(pair => scopeOf(pair, rename)), last: undefined };
    REMEMBERED.set(mapping, known);
  }
  const { scopes, last } = known;
  if (last !== undefined && (last.file === undefined || last.file === file)) return last.sought;
  const sought = soughtBy(mapping, file, scopes);
  known.last = { file: scopes.every(scope => scope === undefined) ? undefined : file, sought };
  return sought;
}

function soughtBy(mapping: Mapping, file: string, scopes: readonly (Scope | undefined)[]): Sought {
  const { spec } = mapping;
  const verdicts = scopes.map(scope => (scope === undefined ? true : verdictOf(scope, file)));
  const collection = new Collection();
  for (const one of identifiers(spec, isReversed(mapping), verdicts)) collection.add(one);
  const { names, words, odd, addresses, subnets, hex, uuids } = collection;
  const keys = [...addresses.keys()];
  return {
    names,
    words,
    odd,
    addresses,
    subnets,
    hex,
    uuids,
    hasV4: keys.some(key => !key.includes(':')) || subnets.some(({ isV6 }) => !isV6),
    hasV6: keys.some(key => key.includes(':')) || subnets.some(({ isV6 }) => isV6),
    applies: (pair, pointer) => {
      const verdict = verdicts[pair]!;
      return typeof verdict === 'boolean' ? verdict : verdict(pointer);
    },
    kindOf: pair => spec.pairs[pair]!.kind,
  };
}

function identifiers(spec: IdentitySpec, fromBackup: boolean, verdicts: readonly Verdict[]): Identifier[] {
  const own = spec.pairs.map(({ kind, primary, backup }, owner) => ({
    owner,
    kind,
    value: fromBackup ? backup : primary,
  }));
  const prefixes = spec.pairs
    .map(({ kind, primary, backup }, i) => ({ i, kind, value: fromBackup ? primary : backup }))
    .filter(({ i, kind, value }) => verdicts[i] !== false && isPrefixed(kind, value))
    .map(({ kind, value }) => ({ owner: 'counterpart' as const, kind, value }));
  const shared = spec.shared.map(({ kind, value }) => ({ owner: 'shared' as const, kind, value }));
  return [...own.filter(({ owner }) => verdicts[owner] !== false), ...prefixes, ...shared];
}

function isPrefixed(kind: Kind, value: string): boolean {
  return (kind === 'iqn' || kind === 'nqn') && value.endsWith('*');
}

class Collection {
  readonly names = new Map<string, SoughtName[]>();
  readonly words = new Map<string, number>();
  readonly odd: (SoughtName & { text: string })[] = [];
  readonly addresses = new Map<string, Owner[]>();
  readonly subnets: SoughtSubnet[] = [];
  readonly hex = new Map<string, Owner[]>();
  readonly uuids = new Map<string, Owner[]>();

  add({ owner, kind, value }: Identifier): void {
    switch (kind) {
      case 'ipv4':
      case 'ipv6':
        append(this.addresses, groupsOf(value) ?? octetsOf(value) ?? value, owner);
        break;
      case 'cidr':
      case 'subnet':
        this.#network(owner, kind, value);
        break;
      case 'mac':
      case 'wwn':
        append(this.hex, digits(value.replace(/^(?:[np]n-|wwn-)?(?:0x)?|^naa\.|^eui\./i, '')), owner);
        break;
      case 'uuid':
        append(this.uuids, digits(value), owner);
        break;
      case 'hostname':
        this.#name(owner, kind, value);
        // Host names in ALL CAPITALS are the host's; in any other case they are only near.
        if (value.toUpperCase() !== value) this.#name(owner, kind, value.toUpperCase());
        break;
      default:
        this.#name(owner, kind, value);
    }
  }

  #network(owner: Owner, kind: 'cidr' | 'subnet', value: string): void {
    const [address = '', mask = ''] = value.split('/');
    const groups = groupsOf(address);
    const bits = maskBits(mask);
    if (kind === 'cidr') {
      append(this.addresses, `${groups ?? octetsOf(address)}/${bits}`, owner);
      return;
    }
    const all = groups === undefined ? quadBits(octetsOf(address)!) : ipv6Bits(groups);
    this.subnets.push({ owner, isV6: groups !== undefined, head: all.slice(0, bits) });
  }

  #name(owner: Owner, kind: Kind, value: string): void {
    const isPrefix = isPrefixed(kind, value);
    const text = isPrefix ? value.slice(0, -1) : value;
    const parts = /^([^\p{L}\p{M}\p{Nd}_-]*)(.*?)([^\p{L}\p{M}\p{Nd}_-]*)$/su.exec(text)!;
    const [, lead = '', core = '', trail = ''] = parts;
    const name = { owner, kind, lead, trail, isPrefix };
    if (core === '' || (isPrefix && text.endsWith('-'))) {
      this.odd.push({ ...name, lead: '', trail: '', text });
      return;
    }
    const words = core.match(/[\p{L}\p{M}\p{Nd}_-]+/gu)!;
    this.words.set(words[0]!, Math.max(words.length, this.words.get(words[0]!) ?? 0));
    append(this.names, core, name);
  }
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

const digits = (value: string) => value.replaceAll(/[:-]/g, '').toLowerCase();
