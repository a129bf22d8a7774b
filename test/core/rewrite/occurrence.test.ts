/** "What counts as an occurrence" of the corpus' README, bullet by bullet, and what follows from it. */
import { describe, expect, test } from 'vitest';
import type { Mapping } from '../../../src/core/rewrite/identity.ts';
import { mappingOf, rewriteText } from './texts.ts';

function table(mapping: Mapping, rows: readonly (readonly [string, string])[]): void {
  test.each(rows)('%j becomes %j', (before, after) => {
    expect(rewriteText(before, mapping)).toBe(after);
  });
}

function untouched(mapping: Mapping, texts: readonly string[]): void {
  test.each(texts)('%j stays', text => {
    expect(rewriteText(text, mapping)).toBe(text);
  });
}

describe('ipv4', () => {
  const mapping = mappingOf([['ipv4', '10.0.0.1', '10.0.1.1']]);
  table(mapping, [
    ['10.0.0.1', '10.0.1.1'],
    ['10.0.0.1:3260', '10.0.1.1:3260'],
    ['10.0.0.1/24', '10.0.1.1/24'],
    ['10.0.0.1-10.0.0.10', '10.0.1.1-10.0.0.10'],
    ['at 10.0.0.1. Then', 'at 10.0.1.1. Then'],
    ['v.10.0.0.1', 'v.10.0.1.1'],
    ['::ffff:10.0.0.1', '::ffff:10.0.1.1'],
    ['10.0.0.1,10.0.0.1', '10.0.1.1,10.0.1.1'],
    ['peer 10.0.1.1 self 10.0.0.1', 'peer 10.0.0.1 self 10.0.1.1'],
    ['-10.0.0.1-', '-10.0.1.1-'],
  ]);
  untouched(mapping, [
    '10.0.0.1.٣',
    '٣.10.0.0.1',
    '10.0.0.10',
    '110.0.0.1',
    '10.0.0.1.5',
    '1.10.0.0.1',
    '_10.0.0.1',
    '10.0.0.1_',
  ]);
  untouched(mapping, [
    '10.0.0.1a',
    'a10.0.0.1',
    'ü10.0.0.1',
    '10.0.0.1ü',
    '010.0.0.1',
    '10.0.0.01',
    '𝒜10.0.0.1',
  ]);
});

describe('ipv6', () => {
  const mapping = mappingOf([['ipv6', 'fd00::a1', 'fd00::b2']]);
  table(mapping, [
    ['fd00::a1', 'fd00::b2'],
    ['[fd00::a1]:3260', '[fd00::b2]:3260'],
    ['fd00::a1/64', 'fd00::b2/64'],
    ['FD00::A1', 'FD00::B2'],
    ['fd00:0:0:0:0:0:0:a1', 'fd00:0:0:0:0:0:0:b2'],
    ['fd00:0000:0000:0000:0000:0000:0000:00a1', 'fd00:0000:0000:0000:0000:0000:0000:00b2'],
    ['FD00:0000:0000:0000:0000:0000:0000:00A1', 'FD00:0000:0000:0000:0000:0000:0000:00B2'],
    ['fd00::a1%eth0', 'fd00::b2%eth0'],
  ]);
  untouched(mapping, [
    'fd00::a10',
    '1fd00::a1',
    'fd00::a1:1',
    '1:fd00::a1',
    'fd00::a1_',
    '_fd00::a1',
    ':fd00::a1',
  ]);
  untouched(mapping, ['fd00:0::a1', 'Fd00::a1', 'fd00::00a1', 'éfd00::a1']);
});

describe('cidr', () => {
  const mapping = mappingOf([
    ['cidr', '10.0.0.1/24', '10.0.1.1/25'],
    ['cidr', 'fd00:1::/64', 'fd00:2::/64'],
    ['cidr', '10.8.0.0/255.255.0.0', '10.9.0.0/255.255.0.0'],
  ]);
  table(mapping, [
    ['10.0.0.1/24', '10.0.1.1/25'],
    ['addr=10.0.0.1/24,x', 'addr=10.0.1.1/25,x'],
    ['FD00:1::/64', 'FD00:2::/64'],
    ['fd00:1:0:0:0:0:0:0/64', 'fd00:2:0:0:0:0:0:0/64'],
    ['10.8.0.0/255.255.0.0', '10.9.0.0/255.255.0.0'],
  ]);
  untouched(mapping, [
    '10.0.0.1',
    '10.0.0.1/240',
    '10.0.0.1/24.1',
    '110.0.0.1/24',
    '10.0.0.1/24_',
    'fd00:1::/64:',
  ]);
});

describe('subnet', () => {
  const mapping = mappingOf([
    ['subnet', '10.0.0.0/23', '10.8.2.0/23'],
    ['subnet', '10.0.0.128/25', '10.7.0.128/25'],
    ['subnet', 'fd00:12::/64', 'fd00:13::/64'],
    ['ipv4', '10.0.0.1', '10.9.9.9'],
    ['cidr', '10.0.0.2/23', '10.8.2.200/23'],
  ]);
  table(mapping, [
    ['10.0.0.7', '10.8.2.7'],
    ['10.0.1.255:3260', '10.8.3.255:3260'],
    ['10.0.0.0/23', '10.8.2.0/23'],
    ['10.0.0.1', '10.9.9.9'],
    ['10.0.0.2/23', '10.8.2.200/23'],
    ['10.0.0.200', '10.7.0.200'],
    ['10.0.0.7.', '10.8.2.7.'],
    ['10.0.0.7..10.0.0.9', '10.8.2.7..10.8.2.9'],
    ['fd00:12::7 FD00:12:0:0:0:0:0:AB', 'fd00:13::7 FD00:13:0:0:0:0:0:AB'],
    ['fd00:0012:0000:0000:0000:0000:0000:0007', 'fd00:0013:0000:0000:0000:0000:0000:0007'],
  ]);
  untouched(mapping, [
    '10.0.2.1',
    '10.0.0.256',
    '10.0.0.07',
    '10.0.0.',
    '10.0.0.7.1',
    'fd00:120::7',
    'a10.0.0.7',
  ]);
});

describe('hostname and fqdn', () => {
  const mapping = mappingOf([
    ['hostname', 'nas1', 'nas2'],
    ['fqdn', 'nas1.example.com', 'nas2.example.com'],
  ]);
  table(mapping, [
    ['nas1:/x', 'nas2:/x'],
    ['/srv/nas1/y', '/srv/nas2/y'],
    ['"nas1"', '"nas2"'],
    ['\\\\nas1\\z', '\\\\nas2\\z'],
    ['NAS1', 'NAS2'],
    ['nas1.example.com', 'nas2.example.com'],
    ['nas1.', 'nas2.'],
    ['nas1..', 'nas2..'],
    ['*.nas1', '*.nas2'],
    ['nas2,nas1', 'nas1,nas2'],
    ['root@nas1.example.com:/x', 'root@nas2.example.com:/x'],
  ]);
  untouched(mapping, [
    'nas10',
    'mynas1',
    'nas1-x',
    'x-nas1',
    'disk_nas1',
    'nas1_x',
    'nas1.org',
    'www.nas1',
    'Nas1',
  ]);
  untouched(mapping, ['nas1é', 'énas1', 'nas1.é', 'nas1\u0301', 'NAS1.EXAMPLE.COM', 'nas1.example.com.au']);
  // The name of a host inside an IQN is part of the IQN.
  untouched(mapping, ['iqn.2003-01.com.example:nas1', 'nqn.2014-08.org.nvmexpress:nas1.example.com']);
  table(mapping, [
    ['iqn.2003-01.com.example:x nas1', 'iqn.2003-01.com.example:x nas2'],
    ['iqn.2003-01.com.example:x,nas1', 'iqn.2003-01.com.example:x,nas2'],
    ['xiqn.2003-01.com:nas1', 'xiqn.2003-01.com:nas2'],
  ]);
});

describe('iqn and nqn', () => {
  const mapping = mappingOf([
    ['iqn', 'iqn.2008-09.com.example:tgt', 'iqn.2008-09.com.example:bak'],
    ['iqn', 'iqn.2003-01.org.linux-iscsi.nas1:*', 'iqn.2003-01.org.linux-iscsi.nas2:*'],
    ['nqn', 'nvmet-always', 'nvmet-always-b'],
  ]);
  table(mapping, [
    ['iqn.2008-09.com.example:tgt', 'iqn.2008-09.com.example:bak'],
    ['<target iqn.2008-09.com.example:tgt>', '<target iqn.2008-09.com.example:bak>'],
    ['iqn.2008-09.com.example:tgt: x', 'iqn.2008-09.com.example:bak: x'],
    ['iqn.2008-09.com.example:tgt,t,0x1', 'iqn.2008-09.com.example:bak,t,0x1'],
    ['iqn.2003-01.org.linux-iscsi.nas1:sn.1/x', 'iqn.2003-01.org.linux-iscsi.nas2:sn.1/x'],
    ['iqn.2003-01.org.linux-iscsi.nas1:', 'iqn.2003-01.org.linux-iscsi.nas2:'],
    ['nvmet-always', 'nvmet-always-b'],
    ['nvmet-always-b', 'nvmet-always'],
  ]);
  untouched(mapping, [
    'iqn.2008-09.com.example:tgt2',
    'iqn.2008-09.com.example:tgt:sub',
    'iqn.2008-09.com.example:tgt.sub',
    'x-iqn.2008-09.com.example:tgt',
    'iqn.2003-01.org.linux-iscsi.nas1',
    'iqn.2003-01.org.linux-iscsi.nas10:x',
    'aiqn.2003-01.org.linux-iscsi.nas1:x',
  ]);
  test('the tail of a prefix is kept, whatever it names', () => {
    const both = mappingOf([
      ['iqn', 'iqn.2003-01.org.linux-iscsi.nas1:*', 'iqn.2003-01.org.linux-iscsi.nas2:*'],
      ['hostname', 'nas1', 'nas2'],
    ]);
    expect(rewriteText('iqn.2003-01.org.linux-iscsi.nas1:nas1 nas1', both)).toBe(
      'iqn.2003-01.org.linux-iscsi.nas2:nas1 nas2',
    );
  });
  test('of two prefixes, one within the other, the longer one counts', () => {
    const both = mappingOf([
      ['iqn', 'iqn.2003-01.a:*', 'iqn.2003-01.b:*'],
      ['iqn', 'iqn.2003-01.a:x:*', 'iqn.2003-01.c:*'],
    ]);
    expect(rewriteText('iqn.2003-01.a:x:1 iqn.2003-01.a:y:1', both)).toBe(
      'iqn.2003-01.c:1 iqn.2003-01.b:y:1',
    );
  });
});

describe('wwn and mac', () => {
  const mapping = mappingOf([
    ['wwn', '50014380186b3a5c', '500143801a7f2d6e'],
    ['mac', '52:54:00:a1:b2:c3', '52:54:00:d4:e5:f6'],
  ]);
  table(mapping, [
    ['naa.50014380186b3a5c', 'naa.500143801a7f2d6e'],
    ['0x50014380186b3a5c', '0x500143801a7f2d6e'],
    ['/dev/disk/by-id/wwn-0x50014380186b3a5c-part1', '/dev/disk/by-id/wwn-0x500143801a7f2d6e-part1'],
    ['nn-0x50014380186b3a5c:pn-0x50014380186b3a5c', 'nn-0x500143801a7f2d6e:pn-0x500143801a7f2d6e'],
    ['50:01:43:80:18:6b:3a:5c', '50:01:43:80:1a:7f:2d:6e'],
    ['50:01:43:80:18:6B:3A:5C', '50:01:43:80:1A:7F:2D:6E'],
    ['50014380186B3A5C', '500143801A7F2D6E'],
    ['scsi_50014380186b3a5c', 'scsi_500143801a7f2d6e'],
    ['52:54:00:a1:b2:c3', '52:54:00:d4:e5:f6'],
    ['52-54-00-A1-B2-C3', '52-54-00-D4-E5-F6'],
    ['525400a1b2c3', '525400d4e5f6'],
    ['5254 525400A1B2C3', '5254 525400D4E5F6'],
    ['52:54:00:a1:b2:c3 aa', '52:54:00:d4:e5:f6 aa'],
    ['lladdr=52:54:00:d4:e5:f6', 'lladdr=52:54:00:a1:b2:c3'],
  ]);
  untouched(mapping, [
    '50014380186b3a5c0',
    '350014380186b3a5c',
    '50014380186b3a5cé',
    '50:01:43:80:18:6b:3a:5c:00',
    '00:50:01:43:80:18:6b:3a:5c',
    '50-01-43-80-18-6b-3a-5c',
    'a0x50014380186b3a5c',
    '52:54:00:a1:b2:c3:d4',
    'ff-52-54-00-a1-b2-c3',
    '52:54:00:a1-b2:c3',
    '52:54:00:A1:b2:c3',
  ]);
});

describe('uuid', () => {
  const mapping = mappingOf([
    ['uuid', '7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61', '91d0aa13-6c2b-4e77-8d51-5be0c4f2a9d8'],
  ]);
  table(mapping, [
    ['fsid=7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61,rw', 'fsid=91d0aa13-6c2b-4e77-8d51-5be0c4f2a9d8,rw'],
    ['7C1E1C52-3F1D-4F0E-9A39-0A5D2F3E4B61', '91D0AA13-6C2B-4E77-8D51-5BE0C4F2A9D8'],
    ['7c1e1c523f1d4f0e9a390a5d2f3e4b61', '91d0aa136c2b4e778d515be0c4f2a9d8'],
    ['7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61-part1', '91d0aa13-6c2b-4e77-8d51-5be0c4f2a9d8-part1'],
    ['lun-7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61', 'lun-91d0aa13-6c2b-4e77-8d51-5be0c4f2a9d8'],
  ]);
  untouched(mapping, [
    '7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b610',
    '_7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61',
    '7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61-abcd',
    'abcd-7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61',
    '7c1e1c52-3F1D-4f0e-9a39-0a5d2f3e4b61',
  ]);
});

describe('serial, interface, path, text', () => {
  const mapping = mappingOf([
    ['serial', '123456789abcdef', 'fedcba987654321'],
    ['interface', 'ens3', 'ens4'],
    ['path', '/d/brick1', '/d/brick2'],
    ['text', 'Storage Box', 'Spare Box'],
    ['text', 'trident_svm', 'trident_svm_dr'],
    ['text', 'größe', 'weite'],
  ]);
  table(mapping, [
    ['"serial": "123456789abcdef"', '"serial": "fedcba987654321"'],
    ['ens3:1 = ens3', 'ens4:1 = ens4'],
    ['gl1:/d/brick1/x', 'gl1:/d/brick2/x'],
    ['the Storage Box.', 'the Spare Box.'],
    ['trident_svm', 'trident_svm_dr'],
    ['größe', 'weite'],
  ]);
  untouched(mapping, [
    'ens3.100',
    'ens30',
    '/d/brick10',
    '/d/brick1.bak',
    'x/d/brick1',
    '/d/brick1-old',
    'trident_svm2',
  ]);
  untouched(mapping, ['123456789ABCDEF', 'my Storage Boxes', 'größer']);
});
