/** Random choices, drawn from a list of numbers that fast-check makes and shrinks. */
export class Tape {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** A number below `limit`; 0 once the tape has run out. */
  below(limit: number): number {
    return limit <= 0 ? 0 : (this.#numbers[this.#at++] ?? 0) % limit;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}
