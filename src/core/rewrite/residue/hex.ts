import type { Hit, Owner, Sought } from './sought.ts';

const BARE = /[0-9a-fA-F]{12,}/g;
const PAIRS = /[0-9a-fA-F]{2}([:-])[0-9a-fA-F]{2}(?:\1[0-9a-fA-F]{2})+/g;
const UUID =
  /(?<![\p{L}\p{M}\p{Nd}_])(?<![0-9a-fA-F]{4}-)[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\p{L}\p{M}\p{Nd}_])(?!-[0-9a-fA-F]{4})/gu;

/** WWNs, MACs and UUIDs, by their digits. */
export function hexHits(text: string, sought: Sought): Hit[] {
  const hits: Hit[] = [];
  const push = (owners: readonly Owner[] | undefined, start: number, end: number) => {
    if (owners !== undefined) hits.push({ start, end, owners });
  };
  if (sought.hex.size > 0) {
    for (const { 0: found, index } of text.matchAll(PAIRS)) {
      const end = index + found.length;
      if (isWholeHex(text, index, end)) push(sought.hex.get(digitsOf(found)), index, end);
    }
  }
  if (sought.hex.size > 0 || sought.uuids.size > 0) {
    for (const { 0: found, index } of text.matchAll(BARE)) {
      const end = index + found.length;
      if (isWholeHex(text, index, end)) push(sought.hex.get(found.toLowerCase()), index, end);
      if (isWholeUuid(text, index, end)) push(sought.uuids.get(found.toLowerCase()), index, end);
    }
  }
  if (sought.uuids.size > 0) {
    for (const { 0: found, index } of text.matchAll(UUID)) {
      push(sought.uuids.get(digitsOf(found)), index, index + found.length);
    }
  }
  return hits;
}

const digitsOf = (found: string) => found.replaceAll(/[:-]/g, '').toLowerCase();

function isWholeHex(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - 4), start);
  if (/[\p{L}\p{M}\p{Nd}]$/u.test(before) && !/(?:^|[^\p{L}\p{M}\p{Nd}])0x$/u.test(before)) return false;
  return !/^[\p{L}\p{M}\p{Nd}]/u.test(text.slice(end, end + 2));
}

function isWholeUuid(text: string, start: number, end: number): boolean {
  if (/(?:[\p{L}\p{M}\p{Nd}_]|[0-9a-fA-F]{4}-)$/u.test(text.slice(Math.max(0, start - 5), start)))
    return false;
  return !/^(?:[\p{L}\p{M}\p{Nd}_]|-[0-9a-fA-F]{4})/u.test(text.slice(end, end + 5));
}
