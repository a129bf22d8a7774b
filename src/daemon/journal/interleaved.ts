/**
 * Lists that are newest first already, as one: between lists by time, while each keeps its own order,
 * which no clock that was set back can change.
 */
export function interleaved<T extends { readonly at: number }>(lists: readonly (readonly T[])[]): T[] {
  const next = lists.map(() => 0);
  const merged: T[] = [];
  for (;;) {
    let best = -1;
    for (const [index, list] of lists.entries()) {
      const candidate = list[next[index]!];
      if (candidate === undefined) continue;
      if (best === -1 || candidate.at > lists[best]![next[best]!]!.at) best = index;
    }
    if (best === -1) return merged;
    merged.push(lists[best]![next[best]!]!);
    next[best]!++;
  }
}
