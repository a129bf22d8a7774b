import { expect, test } from 'vitest';
import { knownAs, parseUrl, rootName, serverName, urlOf } from '../../../src/connectors/sftp/url.ts';
import { type Failure, isFailure } from '../../../src/core/failure.ts';

const parsed = (url: string) => {
  const found = parseUrl(url, 'me');
  if (isFailure(found)) throw new Error(found.message);
  return found;
};

test.each([
  ['sftp://warmspare@nas2/etc', 'sftp:/warmspare@nas2:22/etc', 'sftp://warmspare@nas2/etc', 'nas2'],
  ['sftp://NAS2', 'sftp:/me@nas2:22', 'sftp://me@nas2/', 'nas2'],
  ['sftp://nas2:2222/etc/', 'sftp:/me@nas2:2222/etc', 'sftp://me@nas2:2222/etc', '[nas2]:2222'],
  ['sftp://nas2//srv/./a/../etc', 'sftp:/me@nas2:22/srv/etc', 'sftp://me@nas2/srv/etc', 'nas2'],
  ['sftp://nas2/a%20b%23', 'sftp:/me@nas2:22/a b#', 'sftp://me@nas2/a b#', 'nas2'],
  ['sftp://u@[FE80::1]:22/etc', 'sftp:/u@[fe80::1]:22/etc', 'sftp://u@[fe80::1]/etc', 'fe80::1'],
  ['sftp://nas2:2222/a%40b', 'sftp:/me@nas2:2222/a@b', 'sftp://me@nas2:2222/a@b', '[nas2]:2222'],
  ['sftp://u@nas2:2222/a@b', 'sftp:/u@nas2:2222/a@b', 'sftp://u@nas2:2222/a@b', '[nas2]:2222'],
  ['sftp://nas2/../../etc', 'sftp:/me@nas2:22/etc', 'sftp://me@nas2/etc', 'nas2'],
])('%s is one server and one root, whatever it is called', (url, root, title, known) => {
  const address = parsed(url);
  expect([rootName(address), urlOf(address), knownAs(address)]).toEqual([root, title, known]);
  expect(root.startsWith(serverName(address))).toBe(true);
});

test.each([
  ['sftp://', 'config-invalid'],
  ['sftp:///etc', 'config-invalid'],
  ['ssh://nas2/etc', 'config-invalid'],
  ['sftp://nas2:99999/etc', 'config-invalid'],
  ['sftp://nas2/etc?x', 'config-invalid'],
  ['sftp://nas2/etc#x', 'config-invalid'],
  ['sftp://nas2/a%0Ab', 'config-invalid'],
  ['sftp://nas2/%E0%A4%A', 'config-invalid'],
  ['sftp://a%2Fb@nas2/etc', 'config-invalid'],
])('%s is refused, and says how to write it', (url, code) => {
  expect(parseUrl(url, 'me')).toMatchObject({ failure: code, hint: expect.stringContaining('sftp://') });
});

test('a password is refused', () => {
  const failure = parseUrl('sftp://me:s3cret@nas2/etc', 'me') as Failure;
  expect(failure).toMatchObject({ failure: 'config-invalid', hint: expect.stringContaining('agent') });
});

test.each([
  'sftp://me:s3cret@nas2/etc',
  'sftp://me:1/s3cret@nas2/etc',
  'sftp://me:/s3cret@nas2/etc',
  'sftp://me:a/s3cret@nas2/etc',
  'sftp://me:a@s3cret@nas2/etc',
  'sftp://me:a://s3cret@nas2/etc',
  'sftp://me@corp:s3cret@nas2/etc',
  ' sftp://me:s3cret/@nas2/etc',
  'sftp:/me:s3cret@nas2/etc',
  'sftp://me:#s3cret@nas2/etc',
])('a password is never shown, also not where nobody can tell what it is: %s', url => {
  const failure = parseUrl(url, 'me', { file: 'warmspare.yaml', line: 3, source: `  url: ${url}` });
  expect(failure).toMatchObject({ failure: 'config-invalid', at: { file: 'warmspare.yaml', line: 3 } });
  expect(JSON.stringify(failure)).not.toContain('s3cret');
});
