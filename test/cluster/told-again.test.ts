import { expect, test } from 'vitest';
import { Reading } from '../../src/cluster/nats/reading.ts';

/** What a server says of a stream while it comes back cannot be had at will from a real one. */
function reader(from: number) {
  const reading = new Reading(from);
  const told: string[] = [];
  const comes = (sequence: number, id: string) => {
    if (reading.isNews({ sequence, id })) told.push(`${sequence} ${id}`);
  };
  return { reading, told, comes };
}

test('a stream that seems shorter for a while tells nothing twice', () => {
  const { reading, told, comes } = reader(1);
  expect(reading.from('today', 4)).toBe(1);
  for (const at of [1, 2, 3, 4]) comes(at, `m${at}`);
  expect(reading.from('today', 2)).toBe(3);
  for (const at of [3, 4, 5]) comes(at, `m${at}`);
  expect(told).toEqual(['1 m1', '2 m2', '3 m3', '4 m4', '5 m5']);
});

test('of a stream that lost its end, what has come in its place is told', () => {
  const { reading, told, comes } = reader(1);
  reading.from('today', 0);
  for (const at of [1, 2, 3]) comes(at, `m${at}`);
  expect(reading.from('today', 1)).toBe(2);
  for (const at of [2, 3]) comes(at, `n${at}`);
  expect(told.slice(3)).toEqual(['2 n2', '3 n3']);
});

test('a stream that was made anew is told from its beginning', () => {
  const { reading, told, comes } = reader(1);
  reading.from('today', 0);
  comes(1, 'm1');
  expect(reading.from('tomorrow', 7)).toBe(0);
  comes(1, 'm1');
  expect(told).toEqual(['1 m1', '1 m1']);
  // Of whoever begins, and knows more than there is, nobody knows when the stream was that it knows.
  expect(reader(9).reading.from('today', 7)).toBe(0);
  expect(reader(8).reading.from('today', 7)).toBe(8);
});
