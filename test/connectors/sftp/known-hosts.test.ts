import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf, KnownHosts, typeOf } from '../../../src/connectors/sftp/known-hosts.ts';

const folder = mkdtempSync(join(tmpdir(), 'warmspare-known-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Public keys, `type base64`, by name. */
const keys: Record<string, string> = {};
beforeAll(() => {
  for (const [name, type] of [
    ['one', 'ed25519'],
    ['two', 'ed25519'],
    ['other', 'ecdsa'],
  ] as const) {
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', join(folder, name)]);
    keys[name] = readFileSync(join(folder, `${name}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  }
});

const wire = (name: string) => Buffer.from(keys[name]!.split(' ')[1]!, 'base64');
const withKeys = (text: string) => text.replace(/KEY-(\w+)/g, (_, name: string) => keys[name]!);

/** Whether ssh-keygen finds the name in that text. */
function found(text: string, name: string): boolean {
  const file = join(folder, 'asked');
  writeFileSync(file, text);
  return spawnSync('ssh-keygen', ['-F', name, '-f', file]).status === 0;
}

function hashed(text: string): string {
  const file = join(folder, 'hashed');
  writeFileSync(file, text);
  // It refuses a file with a line that is none, and leaves it as it is.
  spawnSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
  return readFileSync(file, 'utf8');
}

const LINES = [
  'nas2 KEY-one a comment\n',
  '  nas2,10.0.0.2\tKEY-one\n',
  '[nas2]:2222 KEY-one\n',
  '*.example.com,!nas9.example.com KEY-one\n',
  '!nas2,* KEY-one\n',
  'nas? KEY-one\n',
  '[*]:2222 KEY-one\n',
  'NAS2.Example.com KEY-one\n',
  'fe80::1 KEY-one\n',
  '# nas2 KEY-one\n\n',
  'nas2\n',
  'nas2 KEY-one\n[nas2]:2222 KEY-one\n10.0.0.2 KEY-one\nfe80::1 KEY-one\n',
];
const NAMES = [
  'nas2',
  '[nas2]:2222',
  'nas9',
  'nas22',
  'nas9.example.com',
  'nas2.example.com',
  'example.com',
  '10.0.0.2',
  'fe80::1',
  '[nas3]:2222',
];

describe.each(LINES)('%j', line => {
  test.each(NAMES)('%s is found where ssh-keygen finds it', name => {
    const text = withKeys(line);
    const verdict = (known: string) => new KnownHosts([known]).verdict(name, wire('one'));
    expect(verdict(text)).toBe(found(text, name) ? 'known' : 'unknown');
    const hash = hashed(text);
    expect(verdict(hash)).toBe(found(hash, name) ? 'known' : 'unknown');
  });
});

test.each([
  ['nas2 KEY-one\n', 'one', 'known'],
  ['nas2 KEY-one\n', 'two', 'changed'],
  ['nas2 KEY-one\n', 'other', 'other-type'],
  ['nas2 KEY-two\nnas2 KEY-other\nnas2 KEY-one\n', 'one', 'known'],
  ['nas2 KEY-one\n@revoked * KEY-one\n', 'one', 'revoked'],
  ['@revoked nas2 KEY-two\nnas2 KEY-one\n', 'one', 'known'],
  ['@revoked nas2 KEY-two\n', 'one', 'unknown'],
  ['@cert-authority * KEY-one\n', 'one', 'authority'],
  ['@something nas2 KEY-one\n', 'one', 'unknown'],
  ['nas3 KEY-one\n', 'one', 'unknown'],
  // Cut off in the middle, or of another type than it says.
  ['nas2 ssh-ed25519 AAAA\n', 'one', 'unknown'],
  ['', 'one', 'unknown'],
])('%j says of the key %s: %s', (text, key, verdict) => {
  expect(new KnownHosts([withKeys(text)]).verdict('nas2', wire(key))).toBe(verdict);
  // Of several files each counts, and a revocation in any of them.
  expect(new KnownHosts(['# nothing\n', withKeys(text)]).verdict('nas2', wire(key))).toBe(verdict);
});

test('a fingerprint is what ssh-keygen prints', () => {
  for (const name of ['one', 'two', 'other']) {
    const said = execFileSync('ssh-keygen', ['-lf', join(folder, `${name}.pub`)], { encoding: 'utf8' });
    expect(said).toContain(` ${fingerprintOf(wire(name))} `);
    expect(typeOf(wire(name))).toBe(keys[name]!.split(' ')[0]);
  }
});

test('a server is asked for the types of key that it is known by', () => {
  const known = new KnownHosts([withKeys('nas2 KEY-other\nnas2 KEY-one\n@revoked nas2 KEY-two\n')]);
  expect(known.types('nas2')).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519']);
  expect(known.types('nas3')).toEqual([]);
});
