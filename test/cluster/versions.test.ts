import { expect, it } from 'vitest';
import { tooOld } from '../../src/cluster/nats/versions.ts';

it('tells of old servers where there are several, and of no other', () => {
  const told = ['2.2.0', '2.9.10', '2.10.0', '2.12.7', '3.0.1'].map(version => [
    tooOld({ version }) !== undefined,
    tooOld({ version, cluster: 'site-a' }) !== undefined,
  ]);
  expect(told).toEqual([
    [false, true],
    [false, true],
    [false, false],
    [false, false],
    [false, false],
  ]);
});
