/** Of one relationship; whoever asks says it again until it was answered. */
const QUESTIONS_MOST = 16;

/**
 * What owners elsewhere have asked the member beside the primary: whether what it has told is all. Only a look that
 * began after the question answers it, and only with everything told that was found: what was said before may come
 * late, through a network that was cut for a while, and knows nothing of what happened since.
 */
export class Questions {
  /** By question: when it came first, in monotonic milliseconds. */
  private readonly asked = new Map<string, number>();

  /** Whether it is a new one. */
  ask(question: string, at: number): boolean {
    if (this.asked.has(question)) return false;
    this.asked.set(question, at);
    const [oldest] = this.asked.keys();
    if (this.asked.size > QUESTIONS_MOST) this.asked.delete(oldest!);
    return true;
  }

  /** The questions that are answered by whoever knows everything since they came; each once. */
  answered(knowsSince: (at: number) => boolean): string[] {
    const answered = [...this.asked].filter(([, at]) => knowsSince(at)).map(([question]) => question);
    for (const question of answered) this.asked.delete(question);
    return answered;
  }
}
