import type { Hit, Sought, SoughtName } from './sought.ts';

const WORD = /[\p{L}\p{M}\p{Nd}_-]+/gu;
const JOINED_BEFORE = /(?:[\p{L}\p{M}\p{Nd}_-]|[\p{L}\p{M}\p{Nd}]\.)$/u;
const JOINED_AFTER = /^(?:[\p{L}\p{M}\p{Nd}_-]|\.[\p{L}\p{M}\p{Nd}])/u;
const QUALIFIED = /(?<![\p{L}\p{M}\p{Nd}_.-])[in]qn\.[0-9]{4}-[0-9]{2}\.[\p{L}\p{M}\p{Nd}._:-]*/gu;

/** Host names, IQNs and all other names: runs of words that, as they stand, are a name that is sought. */
export function nameHits(text: string, sought: Sought): Hit[] {
  const hits: Hit[] = [];
  const qualified = qualifiedSpans(text);
  const tryAt = (name: SoughtName, start: number, end: number) => {
    const hit = wholeName(text, name, start - name.lead.length, end + name.trail.length, qualified);
    if (hit !== undefined) hits.push(hit);
  };
  if (sought.words.size > 0) {
    const words = [...text.matchAll(WORD)].map(({ 0: word, index }) => ({ word, index }));
    words.forEach(({ word, index }, i) => {
      const most = sought.words.get(word) ?? 0;
      for (let k = i; k < i + most && k < words.length; k++) {
        const end = words[k]!.index + words[k]!.word.length;
        for (const name of sought.names.get(text.slice(index, end)) ?? []) tryAt(name, index, end);
      }
    });
  }
  for (const name of sought.odd) {
    for (let at = text.indexOf(name.text); at !== -1; at = text.indexOf(name.text, at + 1)) {
      tryAt(name, at, at + name.text.length);
    }
  }
  return hits;
}

function wholeName(
  text: string,
  name: SoughtName,
  start: number,
  end: number,
  qualified: readonly Hit[],
): Hit | undefined {
  const { kind, lead, trail, isPrefix, owner } = name;
  if (start < 0 || !text.startsWith(lead, start) || !text.startsWith(trail, end - trail.length))
    return undefined;
  if (JOINED_BEFORE.test(text.slice(Math.max(0, start - 4), start))) return undefined;
  if (isPrefix) {
    const tail = /^[\p{L}\p{M}\p{Nd}._:-]*/u.exec(text.slice(end, end + 512))![0];
    return { start, end: end + tail.length, owners: [owner], isPrefix };
  }
  const after = text.slice(end, end + 4);
  if (JOINED_AFTER.test(after)) return undefined;
  const isQualified = kind === 'iqn' || kind === 'nqn';
  if (isQualified && /^:[\p{L}\p{M}\p{Nd}]/u.test(after)) return undefined;
  // The name of a host inside an IQN is part of the IQN.
  const isHost = kind === 'hostname' || kind === 'fqdn';
  if (isHost && isWithin(qualified, start)) return undefined;
  return { start, end, owners: [owner] };
}

/** Whether a place is inside of one of these spans, which are sorted. */
function isWithin(spans: readonly Hit[], at: number): boolean {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle]!.end <= at) low = middle + 1;
    else high = middle;
  }
  return low < spans.length && spans[low]!.start < at;
}

function qualifiedSpans(text: string): Hit[] {
  if (!text.includes('qn.')) return [];
  return [...text.matchAll(QUALIFIED)].map(({ 0: found, index }) => ({
    start: index,
    end: index + found.length,
    owners: [],
  }));
}
