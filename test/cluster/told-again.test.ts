import { expect, test, vi } from 'vitest';
import { NatsLog } from '../../src/cluster/nats/log.ts';
import type { TailListener } from '../../src/cluster/nats/tail.ts';

const { tails } = vi.hoisted(() => ({ tails: [] as TailListener[] }));

// What a server says of a stream while it comes back cannot be had at will from a real one.
vi.mock('../../src/cluster/nats/tail.ts', () => ({
  Tail: class {
    constructor(...args: readonly unknown[]) {
      tails.push(args[4] as TailListener);
    }
  },
}));

function followed(from: number) {
  const line = { queue: { add: (work: () => void) => work() } };
  const names = { change: () => 'changes.pair', changes: 'CHANGES' };
  const log = new NatsLog(line as never, {} as never, names as never, 'pair');
  const told: string[] = [];
  log.follow(from, ({ sequence, id }) => told.push(`${sequence} ${id}`));
  const tail = tails.pop()!;
  const comes = (sequence: number, id: string) => {
    const headers = { get: () => `changes.pair ${id}` };
    tail.message({ subject: 'changes.pair', sequence, headers: headers as never, bytes: new Uint8Array() });
  };
  return { tail, told, comes };
}

test('a stream that seems shorter for a while tells nothing twice', () => {
  const { tail, told, comes } = followed(1);
  expect(tail.from('today', 4)).toBe(1);
  for (const at of [1, 2, 3, 4]) comes(at, `m${at}`);
  expect(tail.from('today', 2)).toBe(3);
  for (const at of [3, 4, 5]) comes(at, `m${at}`);
  expect(told).toEqual(['1 m1', '2 m2', '3 m3', '4 m4', '5 m5']);
});

test('of a stream that lost its end, what has come in its place is told', () => {
  const { tail, told, comes } = followed(1);
  tail.from('today', 0);
  for (const at of [1, 2, 3]) comes(at, `m${at}`);
  expect(tail.from('today', 1)).toBe(2);
  for (const at of [2, 3]) comes(at, `n${at}`);
  expect(told.slice(3)).toEqual(['2 n2', '3 n3']);
});

test('a stream that was made anew is told from its beginning', () => {
  const { tail, told, comes } = followed(1);
  tail.from('today', 0);
  comes(1, 'm1');
  expect(tail.from('tomorrow', 7)).toBe(0);
  comes(1, 'm1');
  expect(told).toEqual(['1 m1', '1 m1']);
  // Of whoever begins, and knows more than there is, nobody knows when the stream was that it knows.
  expect(followed(9).tail.from('today', 7)).toBe(0);
  expect(followed(8).tail.from('today', 7)).toBe(8);
});
