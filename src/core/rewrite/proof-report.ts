import type { Failure } from '../failure.ts';
import { type Pair, pairName, type Shared } from './pair.ts';

/** Collects failures, one per two pairs. */
export class Report {
  readonly failures: Failure[] = [];
  readonly #seen = new Set<string>();

  collision(one: Pair, other: Pair, what: string): void {
    const [earlier, later] = one.index < other.index ? [one, other] : [other, one];
    this.#add(earlier, later, {
      failure: 'pair-collision',
      message: `${pairName(later.spec)} and ${pairName(earlier.spec)} ${what}`,
      hint: 'remove one of the two, or limit both to different places with `in:` or `at:`',
    });
  }

  chain(first: Pair, second: Pair, link: string): void {
    this.#add(first, second, {
      failure: 'pair-chain',
      message: `${pairName(first.spec)} and ${pairName(second.spec)} are a chain: ${link} is a backup and a primary`,
      hint: 'map each identifier to its final counterpart; two nodes that change roles are one pair with swap: true',
    });
  }

  shared(pair: Pair, shared: Shared, value: string): void {
    this.failures.push({
      failure: 'pair-collision',
      message: `${pairName(pair.spec)} and shared ${shared.kind} ${shared.spec.value} contradict each other: ${value} cannot be both`,
      ...(pair.spec.source === undefined ? {} : { at: pair.spec.source }),
      ...(shared.spec.source === undefined ? {} : { also: [shared.spec.source] }),
      hint: 'remove the pair or the shared entry',
    });
  }

  #add(one: Pair, other: Pair, failure: Failure): void {
    const key = one.index < other.index ? `${one.index} ${other.index}` : `${other.index} ${one.index}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const [also, at] = one.index < other.index ? [one, other] : [other, one];
    this.failures.push({
      ...failure,
      ...(at.spec.source === undefined ? {} : { at: at.spec.source }),
      ...(also.spec.source === undefined ? {} : { also: [also.spec.source] }),
    });
  }
}

/** Whether two pairs never meet: both are limited, and not alike. */
export function areApart(one: Pair, other: Pair): boolean {
  return one.limit !== '' && other.limit !== '' && one.limit !== other.limit;
}
