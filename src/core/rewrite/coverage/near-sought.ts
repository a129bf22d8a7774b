import type { Kind, Mapping } from '../identity.ts';
import { KIND_RULES } from '../kinds/registry.ts';
import { compiledOf } from '../mapping.ts';
import type { Side } from '../pair.ts';
import type { Window } from '../scanner.ts';

/** An identifier of the side that a mapping is read from, as it is sought inside longer tokens. */
export interface Sought {
  readonly kind: Kind;
  /** As the mapping writes both; of a prefix without its `*`. */
  readonly name: string;
  readonly counterpart: string;
  readonly own: Side;
  readonly other: Side;
}

/** A place where an identifier stands in whatever case or spelling, be it a whole token or not. */
export interface Found {
  readonly start: number;
  readonly end: number;
  readonly sought: Sought;
}

/** Finds one family of identifiers: one after the other as they begin in the text. */
export type Finder = (text: string, window: Window) => Found[];

/** Of a placed pair nothing is sought: its value is an everyday word elsewhere. A subnet is no one's name. */
export function soughtIn(mapping: Mapping): Sought[] {
  const { isReversed, pairs } = compiledOf(mapping);
  return pairs
    .filter(({ kind, isPlaced }) => !isPlaced && kind !== 'subnet')
    .map(({ kind, primary, backup }) => {
      const [own, other] = isReversed ? [backup, primary] : [primary, backup];
      return { kind, name: withoutStar(own), counterpart: withoutStar(other), own, other };
    });
}

const withoutStar = ({ written }: Side) => written.replace(/\*$/, '');

/** Whether a pair follows this spelling wherever it is a whole token. */
export function isFollowed({ name, own }: Sought, found: string): boolean {
  return found === name || own.spellings.some(spelling => spelling.found === found);
}

/** Whether an identifier that stands here is a whole token by the rule of its kind. */
export function isWholeToken(text: string, { start, end, sought }: Found, { low, high }: Window): boolean {
  return KIND_RULES[sought.kind].boundary(text, start, end, low, high);
}

/** What stands on the other side for an identifier that was found in this spelling. */
export function counterpartOf(sought: Sought, found: string): string {
  const followed = sought.own.spellings.find(spelling => spelling.found === found);
  if (followed !== undefined) return followed.put;
  switch (sought.kind) {
    case 'mac':
    case 'wwn':
    case 'uuid':
      return regrouped(found, sought);
    case 'ipv4':
    case 'ipv6':
    case 'cidr':
      return sought.counterpart;
    default:
      return casedLike(found, sought.name, sought.counterpart);
  }
}

/** The counterpart's digits in the groups that were found (`5254.00aa.bb01`). */
function regrouped(found: string, { own, other }: Sought): string {
  const isUpper = found === found.toUpperCase() && found !== found.toLowerCase();
  const digits = isUpper ? other.canonical.toUpperCase() : other.canonical;
  if (other.canonical.length !== own.canonical.length) return digits;
  let next = 0;
  return found.replaceAll(/[0-9a-f]/gi, () => digits.charAt(next++));
}

/**
 * The counterpart of `name`, which stands as `found` in other case: what both names begin and end with is
 * kept as it was found. What only the counterpart has is as the mapping writes it, since the case of other
 * letters tells nothing of it, unless all are capitals.
 */
function casedLike(found: string, name: string, counterpart: string): string {
  if (found === name) return counterpart;
  if (found === found.toUpperCase()) return counterpart.toUpperCase();
  const most = Math.min(name.length, counterpart.length);
  let head = 0;
  while (head < most && name.charAt(head) === counterpart.charAt(head)) head++;
  let tail = 0;
  while (tail < most - head && name.at(-1 - tail) === counterpart.at(-1 - tail)) tail++;
  const own = counterpart.slice(head, counterpart.length - tail);
  return found.slice(0, head) + own + found.slice(found.length - tail);
}
