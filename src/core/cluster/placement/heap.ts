/**
 * Members by a key, the smallest on top; among equal keys the one of the smaller rank. Keys only grow, so
 * that whoever changes the top lets it sink.
 */
export class Heap {
  readonly #rank: Int32Array;
  readonly #ofRank: Int32Array;
  /** Ranks stand in the heap, not members, because many keys are equal and ranks then decide. */
  readonly #ranks: Int32Array;
  readonly #keys: Float64Array;
  #size = 0;

  /** `rank`: by member, each another, from 0 on. */
  constructor(rank: Int32Array) {
    this.#rank = rank;
    this.#ofRank = new Int32Array(rank.length);
    for (let member = 0; member < rank.length; member++) this.#ofRank[rank[member]!] = member;
    this.#ranks = new Int32Array(rank.length);
    this.#keys = new Float64Array(rank.length);
  }

  get size(): number {
    return this.#size;
  }

  /** The member on top; the heap must not be empty. */
  get top(): number {
    return this.#ofRank[this.#ranks[0]!]!;
  }

  get topKey(): number {
    return this.#keys[0]!;
  }

  /** Takes these members with their keys instead of what it has. */
  fill(members: Int32Array, keyOf: (member: number) => number): void {
    this.#size = members.length;
    for (let i = 0; i < members.length; i++) {
      this.#ranks[i] = this.#rank[members[i]!]!;
      this.#keys[i] = keyOf(members[i]!);
    }
    for (let i = (members.length >> 1) - 1; i >= 0; i--) this.#sink(i, this.#ranks[i]!, this.#keys[i]!);
  }

  /** The top's key has grown to this. */
  grown(key: number): void {
    this.#sink(0, this.#ranks[0]!, key);
  }

  drop(): void {
    this.#size--;
    if (this.#size > 0) this.#sink(0, this.#ranks[this.#size]!, this.#keys[this.#size]!);
  }

  #sink(from: number, rank: number, key: number): void {
    const ranks = this.#ranks;
    const keys = this.#keys;
    const size = this.#size;
    let at = from;
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      let least = keys[child]!;
      if (child + 1 < size) {
        const right = keys[child + 1]!;
        if (right < least || (right === least && ranks[child + 1]! < ranks[child]!)) {
          child++;
          least = right;
        }
      }
      if (least > key || (least === key && ranks[child]! > rank)) break;
      ranks[at] = ranks[child]!;
      keys[at] = least;
      at = child;
    }
    ranks[at] = rank;
    keys[at] = key;
  }
}
