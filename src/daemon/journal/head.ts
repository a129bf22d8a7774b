import { z } from 'zod';

const DAY_MS = 86_400_000;

const schema = z.object({
  relationship: z.string(),
  /** Numbers of the oldest and the newest record that are kept; last is first - 1 where there is none. */
  first: z.int().positive(),
  last: z.int().nonnegative(),
  /** When the last one was written, by its own word. */
  at: z.number(),
  /** Milliseconds of the running day that have gone by. */
  elapsed: z.number(),
  /** The number that each of the last days began with. */
  days: z.array(z.int().positive()),
});

/**
 * Which records a relationship has. Written with every record, so that one that is missing is noticed.
 *
 * Days are counted as time between records, at most one day at a time: a clock that is set forward by
 * a month ends no record's time.
 */
export type Head = z.infer<typeof schema>;

export interface HeadLimits {
  readonly records: number;
  readonly days: number;
}

/** How many old records go with each new one at most: no append ever stalls. */
const PRUNED_AT_ONCE = 4;

export function newHead(relationship: string): Head {
  return { relationship, first: 1, last: 0, at: 0, elapsed: 0, days: [] };
}

export function asHead(value: unknown): Head | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** The head after one more record; what lies between the two `first` is to be removed. */
export function advanceHead(head: Head, at: number, limits: HeadLimits): Head {
  const last = head.last + 1;
  const passed = head.last === 0 ? DAY_MS : Math.min(DAY_MS, Math.max(0, at - head.at));
  let elapsed = head.elapsed + passed;
  const days = [...head.days];
  if (elapsed >= DAY_MS) {
    elapsed -= DAY_MS;
    days.push(last);
  }
  while (days.length > limits.days) days.shift();
  const oldest = Math.max(last - limits.records + 1, days.length === limits.days ? days[0]! : 1);
  const first = Math.max(head.first, Math.min(oldest, head.first + PRUNED_AT_ONCE, last));
  return { relationship: head.relationship, first, last, at, elapsed, days };
}
