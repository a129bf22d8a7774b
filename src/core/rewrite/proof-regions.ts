import type { Region } from './kinds/region.ts';
import { KIND_RULES } from './kinds/registry.ts';
import type { Pair } from './pair.ts';
import { areApart, type Report } from './proof-report.ts';

/**
 * The part of the proof that is about subnets and prefixes, each against each and against the
 * identifiers that have a pair of their own within them.
 */
export function proveRegions(pairs: readonly Pair[], report: Report): void {
  const regions = pairs.filter(pair => pair.primary.region !== undefined);
  if (regions.length === 0) return;
  const points = pairs.filter(isPoint);
  // An identifier with a pair of its own is no longer mapped by its region.
  const own = new Set(points.map(pair => pair.primary.canonical));
  for (const pair of points) if (pair.isSwap) own.add(pair.backup.canonical);
  regions.forEach((region, i) => {
    if (relation(region.primary.region!, region.backup.region!) !== 'apart') {
      report.chain(region, region, region.backup.written);
    }
    for (const other of regions.slice(0, i)) compareRegions(other, region, report);
    for (const point of points) comparePoint(region, point, own, report);
  });
}

function isPoint(pair: Pair): boolean {
  if (pair.primary.region !== undefined) return false;
  return pair.kind === 'ipv4' || pair.kind === 'ipv6' || pair.kind === 'iqn' || pair.kind === 'nqn';
}

const relation = (one: Region, other: Region) => one.relationTo(other);

function compareRegions(one: Pair, other: Pair, report: Report): void {
  if (areApart(one, other)) return;
  const [a, b] = [one.primary.region!, one.backup.region!];
  const [c, d] = [other.primary.region!, other.backup.region!];
  const isForwards = saysAsMuch(a, b, c, d) || saysAsMuch(c, d, a, b);
  const isBackwards = saysAsMuch(a, b, d, c) || saysAsMuch(d, c, a, b);
  if (isForwards || isBackwards) return;
  const primaries = a.relationTo(c);
  const backups = b.relationTo(d);
  // One within the other is an exception to it, as long as their counterparts do not meet.
  if (primaries === 'same' || backups !== 'apart') {
    report.collision(one, other, `share ${primaries === 'apart' ? 'backups' : 'primaries'}`);
  } else if (b.relationTo(c) !== 'apart') {
    report.chain(one, other, one.backup.written);
  } else if (d.relationTo(a) !== 'apart') {
    report.chain(other, one, other.backup.written);
  }
}

/** Whether c -> d is what a -> b says of it already: c within a, d the counterpart of c. */
function saysAsMuch(a: Region, b: Region, c: Region, d: Region): boolean {
  if (c.relationTo(a) !== 'inside' && c.relationTo(a) !== 'same') return false;
  return b.head + c.head.slice(a.head.length) === d.head;
}

function comparePoint(region: Pair, point: Pair, own: ReadonlySet<string>, report: Report): void {
  if (areApart(region, point)) return;
  const [from, to] = [region.primary.region!, region.backup.region!];
  const [x, y] = [point.primary.canonical, point.backup.canonical];
  const sort = point.kind === 'ipv4' || point.kind === 'ipv6' ? point.kind : 'name';
  if (from.sort !== sort) return;
  const image = (one: string) => canonical(point, to.withTail(from.tailOf(one)));
  const origin = (one: string) => canonical(point, from.withTail(to.tailOf(one)));
  if (from.holds(x) && image(x) === y) return;
  if (to.holds(x) && origin(x) === y) return;
  if (to.holds(y) && !own.has(origin(y))) {
    report.collision(region, point, `share the backup ${point.backup.written}`);
  } else if (from.holds(y) && !own.has(y)) {
    report.chain(point, region, point.backup.written);
  } else if (to.holds(x) && !own.has(origin(x))) {
    report.chain(region, point, point.primary.written);
  }
}

function canonical(pair: Pair, written: string): string {
  return KIND_RULES[pair.kind].canonical(written);
}
