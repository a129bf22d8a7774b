import { expect, it } from 'vitest';
import { withPair } from '../support/pair.ts';

const relationship = {
  include: ['keepalived.conf'],
  identity: [
    { kind: 'text', primary: '150', backup: '100', in: 'keepalived.conf', at: 'VI_1/priority' },
    { kind: 'text', primary: 'MASTER', backup: 'BACKUP', in: 'keepalived.conf', at: 'VI_1/state' },
  ],
};
const TEXT = 'vrrp_instance VI_1 {\n    state MASTER\n    priority 150\n    interface eth0\n}\n';

it.each([
  ['renames the place', TEXT.replace('VI_1', 'VI_2'), 2],
  ['gives it a third value', TEXT.replace('150', '160'), 1],
])('holds a change that %s: the primary’s role stays with the primary', async (_, text, count) => {
  await withPair(relationship, async pair => {
    pair.write('primary', 'keepalived.conf', TEXT);
    expect((await pair.warmspare('update')).exit).toBe(0);
    const before = pair.read('backup', 'keepalived.conf');
    expect(before).toBe(TEXT.replace('MASTER', 'BACKUP').replace('150', '100'));
    pair.write('primary', 'keepalived.conf', text);
    const { exit, stderr } = await pair.warmspare('update');
    expect(exit).toBe(4);
    expect(stderr.match(/held swap-ambiguous/g)).toHaveLength(count);
    expect(pair.read('backup', 'keepalived.conf')).toBe(before);
    pair.write('primary', 'keepalived.conf', TEXT.replace('eth0', 'eth1'));
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'keepalived.conf')).toBe(before.replace('eth0', 'eth1'));
  });
});
