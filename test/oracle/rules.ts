/**
 * The oracle: what the backup gets for a primary's text, worked out a second time from the corpus'
 * README and product.md alone. It shares no code and no idea with src/core; it is slow, and obvious:
 * at every place of the text every spelling of every pair is tried.
 *
 * Not covered: placed pairs (`at:`), `in:` and `not:`.
 */
import { nameStands, type OracleKind, stands } from './boundaries.ts';
import { type OracleFormat, type Piece, pieces } from './scalars.ts';
import { compressed, full, ipv6Groups, padded, spellings } from './spellings.ts';

export type { OracleKind } from './boundaries.ts';
export type { OracleFormat } from './scalars.ts';

/** A pair as identity.json writes it. `forms` follow from the rules and are not read here. */
export interface OraclePair {
  readonly kind: OracleKind;
  readonly from: string;
  readonly to: string;
  readonly forms?: readonly (readonly [string, string])[];
  /** Both ways at once; by default as product.md says for the kind. */
  readonly swap?: boolean;
}

export interface OracleOptions {
  /** Whether the kinds that are a swap by default are one. Default true. */
  readonly swap?: boolean;
  /** Whether host names are followed in ALL CAPITALS. Default true. */
  readonly capitals?: boolean;
  /** The same on both nodes: never rewritten, nor anything that overlaps it. */
  readonly shared?: readonly { readonly kind: OracleKind; readonly value: string }[];
}

export interface OracleSwap {
  readonly pair: OraclePair;
  /** Where it stands in the source, in UTF-16 units. */
  readonly at: number;
  /** What it means (escapes resolved), and what is put in its place. */
  readonly found: string;
  readonly put: string;
}

/** A way in which a pair may stand in a text: gives the length and the counterpart where it stands at `at`. */
interface Candidate {
  readonly pair: OraclePair;
  readonly stand: (text: string, at: number) => { length: number; put: string } | undefined;
}

// product.md: these pairs are a swap by default, one pass, both ways at once.
const SWAPPED: readonly OracleKind[] = ['hostname', 'fqdn', 'ipv4', 'ipv6', 'mac', 'iqn', 'nqn'];

/** The backup's text for a primary's text. */
export function oracleRewrite(
  text: string,
  format: OracleFormat,
  mapping: readonly OraclePair[],
  options: OracleOptions = {},
): string {
  const rules = candidates(mapping, options);
  return pieces(text, format)
    .map(piece => rewritePiece(piece, matches(meaning(piece), rules, options)))
    .join('');
}

/** The identifiers found in a text, in the order in which they stand. */
export function oracleSwaps(
  text: string,
  format: OracleFormat,
  mapping: readonly OraclePair[],
  options: OracleOptions = {},
): OracleSwap[] {
  const rules = candidates(mapping, options);
  const swaps: OracleSwap[] = [];
  let offset = 0;
  for (const piece of pieces(text, format)) {
    const means = meaning(piece);
    for (const { pair, start, end, put } of matches(means, rules, options)) {
      swaps.push({ pair, at: offset + (piece.units[start]?.from ?? 0), found: means.slice(start, end), put });
    }
    offset += piece.source.length;
  }
  return swaps;
}

const meaning = (piece: Piece) => piece.units.map(({ unit }) => unit).join('');

interface Match {
  readonly pair: OraclePair;
  readonly start: number;
  readonly end: number;
  readonly put: string;
}

/** Replacement is simultaneous, a result is never replaced again; the longest identifier at a place wins. */
function matches(text: string, rules: readonly Candidate[], options: OracleOptions): Match[] {
  const kept = sharedPlaces(text, options);
  const found: Match[] = [];
  for (let at = 0; at < text.length; ) {
    let best: Match | undefined;
    for (const { pair, stand } of rules) {
      const here = stand(text, at);
      if (here === undefined) continue;
      const end = at + here.length;
      if (kept.some(place => place.start < end && at < place.end)) continue;
      // Of two that are equally long the earlier rule stays: what the mapping says in so many words.
      if (best === undefined || end > best.end) best = { pair, start: at, end, put: here.put };
    }
    if (best !== undefined) found.push(best);
    at = best?.end ?? at + 1;
  }
  return found;
}

/** `shared` wins over a pair. */
function sharedPlaces(text: string, options: OracleOptions): { start: number; end: number }[] {
  const places: { start: number; end: number }[] = [];
  const rules = (options.shared ?? []).flatMap(({ kind, value }) =>
    literals({ kind, from: value, to: value }, options),
  );
  for (let at = 0; at < text.length; at++) {
    for (const { stand } of rules) {
      const here = stand(text, at);
      if (here !== undefined) places.push({ start: at, end: at + here.length });
    }
  }
  return places;
}

function rewritePiece(piece: Piece, found: readonly Match[]): string {
  if (found.length === 0) return piece.source;
  let out = '';
  let at = 0;
  for (const { start, end, put } of found) {
    const from = piece.units[start]?.from ?? 0;
    out += piece.source.slice(at, from) + piece.encode(put);
    at = piece.units[end - 1]?.to ?? piece.source.length;
  }
  return piece.finish(out + piece.source.slice(at));
}

/** What the mapping says in so many words comes before what follows from it, whole subnets come last. */
function candidates(mapping: readonly OraclePair[], options: OracleOptions): Candidate[] {
  const isSwap = ({ kind, swap }: OraclePair) => swap ?? ((options.swap ?? true) && SWAPPED.includes(kind));
  const mirrored = mapping.filter(isSwap).map(pair => ({ ...pair, from: pair.to, to: pair.from }));
  const all = [...mapping, ...mirrored];
  const subnets = all.filter(({ kind }) => kind === 'subnet');
  const prefixes = all.filter(({ kind, from }) => (kind === 'iqn' || kind === 'nqn') && from.endsWith('*'));
  const words = all.filter(pair => !subnets.includes(pair) && !prefixes.includes(pair));
  const spelled = words.flatMap(pair => literals(pair, options));
  return [
    ...spelled.filter(({ pair, found }) => found === pair.from),
    ...spelled.filter(({ pair, found }) => found !== pair.from),
    ...prefixes.map(prefix),
    ...subnets.map(subnet),
  ];
}

function literals(pair: OraclePair, options: OracleOptions): (Candidate & { readonly found: string })[] {
  return spellings(pair.kind, pair.from, pair.to, options.capitals ?? true).map(([found, put]) => ({
    pair,
    found,
    stand: (text, at) =>
      text.startsWith(found, at) && stands(pair.kind, text, at, at + found.length)
        ? { length: found.length, put }
        : undefined,
  }));
}

/** `iqn...:*` is a prefix; the tail is kept, with whatever it names. */
function prefix(pair: OraclePair): Candidate {
  const from = pair.from.slice(0, -1);
  const to = pair.to.slice(0, -1);
  return {
    pair,
    stand: (text, at) => {
      if (!text.startsWith(from, at) || !nameStands(text, at, text.length)) return undefined;
      const tail = /^[\p{L}\p{M}\p{Nd}._:-]*/u.exec(text.slice(at + from.length))?.[0] ?? '';
      return { length: from.length + tail.length, put: to + tail };
    },
  };
}

/** A subnet: each address in it, the host part kept. Both sides have one prefix length. */
function subnet(pair: OraclePair): Candidate {
  const [fromNet = '', length = ''] = pair.from.split('/');
  const [toNet = '', toLength = ''] = pair.to.split('/');
  if (length !== toLength) throw new Error(`oracle: ${pair.from} and ${pair.to} differ in length`);
  const isIpv6 = fromNet.includes(':');
  const bits = isIpv6 ? ipv6Bits : ipv4Bits;
  const network = bits(fromNet)?.slice(0, Number(length));
  const counterpart = bits(toNet)?.slice(0, Number(length));
  if (network === undefined || counterpart === undefined)
    throw new Error(`oracle: ${pair.from} is no subnet`);
  const stand: Candidate['stand'] = (text, at) => {
    const token = (isIpv6 ? /^[0-9a-fA-F:]+/ : /^[0-9.]*[0-9]/).exec(text.slice(at, at + 48))?.[0] ?? '';
    const address = bits(token);
    if (address === undefined || !address.startsWith(network)) return undefined;
    if (!stands(isIpv6 ? 'ipv6' : 'ipv4', text, at, at + token.length)) return undefined;
    const moved = counterpart + address.slice(Number(length));
    const put = isIpv6 ? ipv6Like(token, moved) : ipv4Of(moved);
    return put === undefined ? undefined : { length: token.length, put };
  };
  return { pair, stand };
}

function ipv4Bits(address: string): string | undefined {
  const octets = address.split('.');
  if (
    octets.length !== 4 ||
    !octets.every(octet => /^(?:0|[1-9][0-9]{0,2})$/.test(octet) && Number(octet) < 256)
  )
    return undefined;
  return octets.map(octet => Number(octet).toString(2).padStart(8, '0')).join('');
}

const ipv4Of = (bits: string) =>
  (bits.match(/.{8}/g) ?? []).map(octet => Number.parseInt(octet, 2)).join('.');

function ipv6Bits(address: string): string | undefined {
  return ipv6Groups(address)
    ?.map(group => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
}

/** The address of these bits, spelled like `token`; undefined when that is no spelling that is followed. */
function ipv6Like(token: string, bits: string): string | undefined {
  const groups = (bits.match(/.{16}/g) ?? []).map(group => Number.parseInt(group, 2).toString(16));
  const shape = [compressed, full, padded].find(
    one => one(ipv6Groups(token) ?? []).toLowerCase() === token.toLowerCase(),
  );
  if (shape === undefined) return undefined;
  if (token === token.toLowerCase()) return shape(groups);
  return token === token.toUpperCase() ? shape(groups).toUpperCase() : undefined;
}
