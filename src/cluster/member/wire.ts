import { z } from 'zod';
import type { Lease } from '../../core/cluster/lease.ts';
import type { Beat, Profile } from '../../core/cluster/member.ts';
import type { Route } from '../../core/cluster/route.ts';

/** How what members tell each other goes through the engine: JSON. What has another form is nobody's word. */

const count = z.int().nonnegative();
const name = z.string().min(1);

const offer = z.object({
  configuration: z.string(),
  edition: count,
  fields: z.record(z.string(), z.string()),
  mayOwn: z.boolean(),
  kind: z.enum(['fenced', 'leased']),
});

const profile = z.object({
  member: name,
  incarnation: name,
  weight: z.number().positive(),
  labels: z.array(z.string()),
  tasks: z.record(z.string(), offer),
});

const report = z.object({
  task: name,
  epoch: count,
  state: z.enum(['beginning', 'following', 'held', 'unreachable', 'fenced', 'ended', 'ready']),
  operation: z.string().exactOptional(),
  progress: count,
  busy: z.boolean(),
  cost: z.number().nonnegative(),
  seen: count.exactOptional(),
  seenEdition: count.exactOptional(),
});

const beat = z.object({
  member: name,
  incarnation: name,
  beat: count,
  reports: z.array(report),
  heard: z.record(z.string(), count).exactOptional(),
  leaving: z.boolean(),
});

const owner = { owner: name, incarnation: name };

const route = z.object({
  task: name,
  epoch: count,
  state: z.discriminatedUnion('is', [
    z.object({ is: z.literal('unowned') }),
    z.object({ is: z.literal('owned'), ...owner }),
    // JSON has no undefined: nobody is chosen yet.
    z.object({ is: z.literal('releasing'), next: z.string().optional(), ...owner }),
  ]),
  configuration: z.string(),
  edition: count,
  previous: z.array(z.object({ owner: name, epoch: count })),
  home: z.string().exactOptional(),
  why: z.string(),
  mark: z.string(),
});

const lease = z.object({
  holder: name,
  incarnation: name,
  term: count,
  renewal: count,
  resigned: z.boolean().exactOptional(),
});

const drain = z.object({ member: name, why: z.string().nullable() });
const pause = z.object({
  since: z.number(),
  until: z.number().exactOptional(),
  who: z.string(),
  reason: z.string().exactOptional(),
});
/** Null: it goes on. */
const paused = z.object({ task: name, pause: pause.nullable() });
const inquiry = z.object({ task: name, from: name });
const answer = z.object({ task: name, member: name, reaches: z.boolean() });

/** Of what was asked of the coordinator: done, or why not. */
const done = z.object({ done: z.boolean(), why: z.string().exactOptional() });
const order = z.discriminatedUnion('order', [
  z.object({ order: z.literal('drain'), member: name, why: z.string() }),
  z.object({ order: z.literal('undrain'), member: name }),
  z.object({ order: z.literal('rebalance') }),
  paused.extend({ order: z.literal('pause') }),
]);

/** What a person asks of the cluster, by whichever member. */
export type Order = z.infer<typeof order>;
export type Done = z.infer<typeof done>;
export type Drain = z.infer<typeof drain>;
export type Paused = z.infer<typeof paused>;

export function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** The value that these bytes are; undefined where they are none of that form. */
export type Decoder<T> = (bytes: Uint8Array) => T | undefined;

export function decoder<T>(schema: z.ZodType<T>): Decoder<T> {
  return bytes => {
    try {
      return schema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
    } catch {
      return undefined;
    }
  };
}

export const decodeProfile: Decoder<Profile> = decoder<Profile>(profile);
export const decodeBeat: Decoder<Beat> = decoder<Beat>(beat);
export const decodeLease: Decoder<Lease> = decoder<Lease>(lease);
export const decodeDrain: Decoder<Drain> = decoder(drain);
export const decodePaused: Decoder<Paused> = decoder(paused);
export const decodeInquiry: Decoder<z.infer<typeof inquiry>> = decoder(inquiry);
export const decodeAnswer: Decoder<z.infer<typeof answer>> = decoder(answer);
export const decodeOrder: Decoder<Order> = decoder(order);
export const decodeDone: Decoder<Done> = decoder(done);

/** A row; `next` is there also where it is undefined, as the core has it. */
export const decodeRoute: Decoder<Route> = bytes => {
  const found = decoder(route)(bytes);
  if (found === undefined) return undefined;
  const { state } = found;
  return state.is === 'releasing' ? { ...found, state: { ...state, next: state.next } } : { ...found, state };
};
