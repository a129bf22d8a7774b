import { expect, it } from 'vitest';
import { type NodePair, withPair } from '../support/pair.ts';

const identity = [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }];

/** What check says of places to be preserved, and the same as data. */
async function told(pair: NodePair): Promise<{ lines: string[]; nowhere: unknown }> {
  const { exit, stdout } = await pair.warmspare('check');
  expect(exit).toBe(0);
  const json = JSON.parse((await pair.warmspare('check', '--json')).stdout);
  const lines = stdout.split('\n').filter(line => /to be preserved|matches no file/.test(line));
  return { lines, nowhere: json.relationships[0].nowhere };
}

const SMB = '[global]\n  workers = 4\n  netbios name = nas1\n[nas1]\n  path = /srv\n';
const KEEPALIVED = 'vrrp_instance VI_1 {\n  priority 150\n}\n';

it.each([
  ['a misspelt key', '/global/wrokers', '/global/workers'],
  ['a misspelt section', '/globl/workers', '/global/workers'],
  ['both misspelt', '/globl/wrokers', '/global/workers'],
  ['another case', '/Global/Workers', '/global/workers'],
  ['a section by the primary’s name', '/nas1/path', '/nas2/path'],
])('a place to be preserved that occurs nowhere is told with what was meant: %s', async (_, place, meant) => {
  const files = { 'smb.conf': { preserve: [place, '/global/workers'] } };
  await withPair({ include: ['smb.conf'], identity, files }, async pair => {
    pair.write('primary', 'smb.conf', SMB);
    expect(await told(pair)).toEqual({
      lines: [`  ${place}, to be preserved in smb.conf, occurs nowhere: did you mean ${meant}?`],
      nowhere: [{ files: 'smb.conf', place, meant }],
    });
  });
});

it('a header by one of its words, and a word that nothing is like', async () => {
  const files = { '*.conf': { preserve: ['/VI_1/priority', '/elsewhere'] } };
  await withPair({ include: ['**'], identity, files }, async pair => {
    pair.write('primary', 'keepalived.conf', KEEPALIVED);
    expect((await told(pair)).lines).toEqual([
      '  /VI_1/priority, to be preserved in *.conf, occurs nowhere: did you mean /vrrp_instance VI_1/priority?',
      '  /elsewhere, to be preserved in *.conf, occurs nowhere: `warmspare explain FILE LINE` tells what a setting is called',
    ]);
  });
});

it('a star is no wildcard, and a key where it is one', async () => {
  const files = { 'a.json': { preserve: ['/loc/*', '/*/here', '/hosts/*'] } };
  await withPair({ include: ['**'], identity, files }, async pair => {
    pair.write('primary', 'a.json', '{"loc": {"here": 1}, "hosts": {"*": "rw"}}\n');
    expect(await told(pair)).toEqual({
      lines: [
        '  /loc/*, to be preserved in a.json, occurs nowhere, and * stands for itself: did you mean /loc, with all that is below it?',
        '  /*/here, to be preserved in a.json, occurs nowhere, and * stands for itself: `warmspare explain FILE LINE` tells what a setting is called',
      ],
      nowhere: [
        { files: 'a.json', place: '/loc/*', meant: '/loc' },
        { files: 'a.json', place: '/*/here' },
      ],
    });
  });
});

it('a place that one side, one file or a list has is no mistake', async () => {
  const preserve = ['/global/workers', '/global/own', '/vrrp_instance VI_1/priority', '/b/1', ''];
  await withPair({ include: ['**'], identity, files: { '*.conf': { preserve } } }, async pair => {
    pair.write('primary', 'smb.conf', SMB);
    pair.write('primary', 'keepalived.conf', KEEPALIVED);
    pair.write('primary', 'list.conf', '{"b": [1, 2]}\n');
    expect((await pair.warmspare('update')).exit).toBe(0);
    pair.write(
      'backup',
      'smb.conf',
      pair.read('backup', 'smb.conf').replace('  workers', '  own = 1\n  workers'),
    );
    expect(await told(pair)).toEqual({ lines: [], nowhere: [] });
  });
});

it('nothing is said of a place while a file that may have it cannot be read', async () => {
  const files = { '*.json': { preserve: ['/a'] } };
  await withPair({ include: ['**'], identity, files }, async pair => {
    pair.write('primary', 'whole.json', '{"b": 1}\n');
    pair.write('primary', 'half.json', '{"a": \n');
    const { exit, stdout } = await pair.warmspare('check');
    expect([exit, stdout]).toEqual([4, expect.not.stringContaining('to be preserved')]);
  });
});

it('rules for files that are not there are told, too', async () => {
  const files = { 'smb.cnof': { preserve: ['/global/workers'] } };
  await withPair({ include: ['smb.conf'], identity, files }, async pair => {
    pair.write('primary', 'smb.conf', SMB);
    expect((await told(pair)).lines).toEqual([
      '  smb.cnof matches no file of the primary: is it spelt as there, and relative to its root?',
    ]);
  });
});

it('a secret in a key is masked in what is suggested', async () => {
  const files = { 'plain.conf': { preserve: ['/global/workrs', '/Auth-Token : hunter22/x'] } };
  await withPair({ include: ['**'], identity, files }, async pair => {
    pair.write('primary', 'plain.conf', '{"Auth-Token : hunter2x": {"x": 1}}\n');
    const { lines, nowhere } = await told(pair);
    expect(lines).toHaveLength(2);
    expect(JSON.stringify([lines, nowhere])).not.toContain('hunter2x');
  });
});
