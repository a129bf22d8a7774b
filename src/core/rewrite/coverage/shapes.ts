import type { Kind, Mapping } from '../identity.ts';
import { isIpv6 } from '../kinds/addresses.ts';
import { isAsciiWord } from '../kinds/characters.ts';
import { KIND_RULES } from '../kinds/registry.ts';
import { compiledOf } from '../mapping.ts';
import type { Window } from '../scanner.ts';

/** A string that looks like an identifier. */
export interface Shape {
  readonly start: number;
  readonly end: number;
  readonly kind: Kind;
}

const QUALIFIED = /[in]qn\.[0-9]{4}-[0-9]{2}\.[A-Za-z0-9._:-]*[A-Za-z0-9]/g;
const UUID = /[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}/g;
const MARKED_WWN = /(?:0x|naa\.|wwn-|eui\.)([0-9a-fA-F]{32}|[0-9a-fA-F]{16})/g;
const HEX_PAIRS = /[0-9a-fA-F]{2}([:-])[0-9a-fA-F]{2}(?:\1[0-9a-fA-F]{2})+/g;
// A registered WWN of 64 bits begins with its format: 1, 2 or 5.
const BARE_WWN = /[125][0-9a-fA-F]{15}/g;
const QUAD = /[0-9]{1,3}(?:\.[0-9]{1,3}){3}/g;
const HEX_RUN = /[0-9a-fA-F:]+/g;
const DOMAIN_NAME = /[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?/g;

const REMEMBERED = new WeakMap<Mapping, readonly string[]>();

/** The domains of the names in a mapping, in lower case. */
export function domainsOf(mapping: Mapping): readonly string[] {
  const known = REMEMBERED.get(mapping) ?? domainsIn(mapping);
  REMEMBERED.set(mapping, known);
  return known;
}

function domainsIn(mapping: Mapping): string[] {
  const names = compiledOf(mapping)
    .pairs.filter(({ kind }) => kind === 'fqdn')
    .flatMap(({ primary, backup }) => [primary.written, backup.written]);
  const domains = names.map(name => name.slice(name.indexOf('.') + 1).toLowerCase());
  return [...new Set(domains)].filter(domain => domain.includes('.'));
}

/** Strings in a window that are shaped like an identifier and mean a node; not overlapping, sorted. */
export function shapesIn(text: string, window: Window, domains: readonly string[]): Shape[] {
  const shapes: Shape[] = [];
  const part = text.slice(window.from, window.to);
  const add = (kind: Kind, start: number, length: number, isMeant: (found: string) => boolean = always) => {
    const [from, to] = [window.from + start, window.from + start + length];
    if (!KIND_RULES[kind].boundary(text, from, to, window.low, window.high)) return;
    if (isMeant(text.slice(from, to))) shapes.push({ start: from, end: to, kind });
  };
  if (part.includes('qn.')) {
    for (const { 0: found, index } of part.matchAll(QUALIFIED)) {
      add(found.startsWith('i') ? 'iqn' : 'nqn', index, found.length, isNodesName);
    }
  }
  for (const { 0: found, index } of part.matchAll(UUID)) add('uuid', index, found.length, isNoFiller);
  for (const { 0: found, 1: digits = '', index } of part.matchAll(MARKED_WWN)) {
    add('wwn', index + found.length - digits.length, digits.length, isNoFiller);
  }
  for (const { 0: found, index } of part.matchAll(HEX_PAIRS)) {
    if (found.length === 17) add('mac', index, 17, isNoFiller);
    else if (found.length === 23 && found[2] === ':') add('wwn', index, 23, isNoFiller);
  }
  for (const { 0: found, index } of part.matchAll(BARE_WWN)) {
    if (/[a-f]/i.test(found)) add('wwn', index, found.length, isNoFiller);
  }
  for (const { 0: found, index } of part.matchAll(QUAD)) {
    if (!isVersion(text, window.from + index, window.low)) add('ipv4', index, found.length, isNodesIpv4);
  }
  if (part.includes(':')) {
    for (const { 0: found, index } of part.matchAll(HEX_RUN)) {
      // Two colons at least, and most runs of these characters have none.
      const hasTwo = found.indexOf(':') !== found.lastIndexOf(':');
      const end = index + found.length;
      // `::ffff:10.0.0.1` is the IPv4 address that stands in it.
      if (!hasTwo || /^\.[0-9]/.test(part.slice(end, end + 2)) || !isIpv6(found)) continue;
      add('ipv6', index, found.length, isNodesIpv6);
    }
  }
  if (domains.length > 0 && part.includes('.')) {
    const isUnder = (found: string) => domains.some(domain => found.toLowerCase().endsWith(`.${domain}`));
    for (const { 0: found, index } of part.matchAll(DOMAIN_NAME)) {
      if (isUnder(found) && KIND_RULES.fqdn.problem(found) === undefined) add('fqdn', index, found.length);
    }
  }
  return withoutOverlaps(shapes);
}

/** Of two that overlap the earlier one stays, then the longer one, then the one that was found first. */
function withoutOverlaps(shapes: readonly Shape[]): Shape[] {
  const kept: Shape[] = [];
  let end = 0;
  for (const shape of [...shapes].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (shape.start < end) continue;
    kept.push(shape);
    end = shape.end;
  }
  return kept;
}

const always = () => true;

/** Names that the standards give to every node are nobody's. */
function isNodesName(found: string): boolean {
  return !found.startsWith('nqn.2014-08.org.nvmexpress.discovery');
}

/** Not one digit over and over. */
function isNoFiller(found: string): boolean {
  return new Set(found.toLowerCase().replaceAll(/[:-]/g, '')).size > 1;
}

function isNodesIpv4(found: string): boolean {
  if (KIND_RULES.ipv4.problem(found) !== undefined) return false;
  return !/^(?:0|127|255)\./.test(found);
}

/** `a::b` is rather a name of a programming language; `::1` and `::` are every node's own. */
function isNodesIpv6(found: string): boolean {
  return (
    /[0-9]/.test(found) && KIND_RULES.ipv6.canonical(found) !== '0:0:0:0:0:0:0:1' && /[1-9a-f]/i.test(found)
  );
}

/** Whether the word before says that four numbers are a version. */
function isVersion(text: string, start: number, low: number): boolean {
  let at = start;
  while (at > low && at > start - 24 && text.charAt(at - 1) !== '\n') at--;
  const before = text.slice(at, start);
  if (/(?:version|release|firmware|ver|rev)["')\]]?[\s:=.-]*["']?$/i.test(before)) return true;
  // `nginx-1.2.3.4`: a package with its version.
  return start >= low + 2 && text.charAt(start - 1) === '-' && isLetter(text.charCodeAt(start - 2));
}

function isLetter(code: number): boolean {
  return isAsciiWord(code) && code > 57;
}
