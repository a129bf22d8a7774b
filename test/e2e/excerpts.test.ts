import { expect, it } from 'vitest';
import { maskSecrets } from '../../src/core/change/secrets.ts';
import { withPair } from '../support/pair.ts';

it('masks an excerpt in its surroundings: the line alone does not tell that it bears a secret', async () => {
  await withPair({ include: ['k.yaml'], identity: [] }, async pair => {
    const text = (value: string) => `env:\n  - name: DB_PASSWORD\n    value: ${value}\n`;
    pair.write('primary', 'k.yaml', text('hunter2'));
    expect((await pair.warmspare('update')).exit).toBe(0);
    pair.write('primary', 'k.yaml', text('hunter3'));
    pair.write('backup', 'k.yaml', text('hunter4'));
    for (const argv of [['diff'], ['diff', '--json'], ['update'], ['verify'], ['status', '--json']]) {
      const { exit, stdout, stderr } = await pair.warmspare(...argv);
      expect(exit).toBe(4);
      expect(stdout + stderr).not.toMatch(/hunter\d/);
    }
  });
});

it('masks a drift that only the lines around it tell to be secret', async () => {
  await withPair({ include: ['k.yaml'], identity: [] }, async pair => {
    const text = (value: string) => `env:\n  - name: DB_PASSWORD\n    value: ${value}\n`;
    pair.write('primary', 'k.yaml', text('hunter2'));
    expect((await pair.warmspare('update')).exit).toBe(0);
    pair.write('backup', 'k.yaml', text('hunter4'));
    for (const argv of [['verify'], ['verify', '--json'], ['status', '--json']]) {
      const { stdout, stderr } = await pair.warmspare(...argv);
      expect(stdout + stderr).not.toMatch(/hunter\d/);
    }
  });
});

it.each([
  'option password hunter2longpass',
  '"dhchap_key": "DHHC-1:01:Nd1phunter2D:"',
  'createUser bob SHA hunter2aa AES hunter2bb',
  'MONITOR ups@host 1 monuser hunter2 primary',
])('masks %s', line => {
  expect(maskSecrets(line).text).not.toMatch(/hunter2/);
});

it('refuses a file whose name no diff could bear', async () => {
  await withPair({ include: ['*'], identity: [] }, async pair => {
    pair.write('primary', 'tab\tf.conf', 'x\n');
    pair.write('primary', 'good.conf', 'x\n');
    const { exit, stderr } = await pair.warmspare('update');
    expect([exit, stderr]).toEqual([4, expect.stringContaining('has a control character in its name')]);
    expect(pair.read('backup', 'good.conf')).toBe('x\n');
  });
});
