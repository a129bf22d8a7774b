/** A text as it is looked at, with the source of each of its units (and of its end). */
export interface View {
  readonly text: string;
  readonly at: (unit: number) => number;
  readonly view: 'raw' | 'decoded' | 'percent';
}

/**
 * The text with its percent signs resolved (`%6eas1`); undefined where there are none. Only ASCII: the
 * bytes of other characters are in no identifier.
 */
export function percentDecoded(text: string, at: (unit: number) => number): View | undefined {
  const escapes = [...text.matchAll(/%[0-7][0-9a-fA-F]/g)];
  if (escapes.length === 0) return undefined;
  let decoded = '';
  let copied = 0;
  // Where the decoded text falls behind the source: [decoded offset, source offset] after each escape.
  const steps: [number, number][] = [[0, 0]];
  for (const { 0: code, index } of escapes) {
    decoded += text.slice(copied, index) + String.fromCharCode(Number.parseInt(code.slice(1), 16));
    copied = index + code.length;
    steps.push([decoded.length, copied]);
  }
  decoded += text.slice(copied);
  return { text: decoded, at: unit => at(sourceOf(steps, unit)), view: 'percent' };
}

function sourceOf(steps: readonly [number, number][], unit: number): number {
  let low = 0;
  let high = steps.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (steps[middle]![0] <= unit) low = middle;
    else high = middle - 1;
  }
  const [decoded, source] = steps[low]!;
  return source + unit - decoded;
}
