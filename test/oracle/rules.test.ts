/** The oracle by itself: every case worked out by hand from the corpus' README and product.md. */
import { describe, expect, test } from 'vitest';
import { type OracleOptions, type OraclePair, oracleRewrite, oracleSwaps } from './rules.ts';

type Row = readonly [before: string, after: string];

function table(mapping: readonly OraclePair[], rows: readonly Row[], options: OracleOptions = {}): void {
  test.each(rows)('%j becomes %j', (before, after) => {
    expect(oracleRewrite(before, 'lines', mapping, options)).toBe(after);
  });
}

/** Strings in which nothing stands. */
function untouched(
  mapping: readonly OraclePair[],
  texts: readonly string[],
  options: OracleOptions = {},
): void {
  test.each(texts)('%j stays', text => {
    expect(oracleSwaps(text, 'lines', mapping, options)).toEqual([]);
    expect(oracleRewrite(text, 'lines', mapping, options)).toBe(text);
  });
}

describe('ipv4', () => {
  const mapping: OraclePair[] = [{ kind: 'ipv4', from: '10.0.0.1', to: '10.0.1.1' }];
  table(mapping, [
    ['10.0.0.1', '10.0.1.1'],
    ['10.0.0.1:3260', '10.0.1.1:3260'],
    ['10.0.0.1/24', '10.0.1.1/24'],
    ['10.0.0.1-10.0.0.10', '10.0.1.1-10.0.0.10'],
    ['see 10.0.0.1.', 'see 10.0.1.1.'],
    ['::ffff:10.0.0.1', '::ffff:10.0.1.1'],
    ['10.0.0.1.example', '10.0.1.1.example'],
    ['x-10.0.0.1-x', 'x-10.0.1.1-x'],
    ['10.0.1.1 10.0.0.1', '10.0.0.1 10.0.1.1'],
  ]);
  untouched(mapping, ['10.0.0.10', '110.0.0.1', '10.0.0.1.5', '5.10.0.0.1', 'a10.0.0.1', '10.0.0.1a']);
  untouched(mapping, ['10.0.0.1_', '_10.0.0.1', 'é10.0.0.1', '10.0.0.1é', '10.0.0.001', '10x0.0.1']);
});

describe('ipv6', () => {
  const mapping: OraclePair[] = [{ kind: 'ipv6', from: 'fd00:12::a', to: 'fd00:12::b' }];
  table(mapping, [
    ['fd00:12::a', 'fd00:12::b'],
    ['FD00:12::A', 'FD00:12::B'],
    ['fd00:12:0:0:0:0:0:a', 'fd00:12:0:0:0:0:0:b'],
    ['fd00:0012:0000:0000:0000:0000:0000:000a', 'fd00:0012:0000:0000:0000:0000:0000:000b'],
    ['FD00:0012:0000:0000:0000:0000:0000:000A', 'FD00:0012:0000:0000:0000:0000:0000:000B'],
    ['[fd00:12::a]:3260', '[fd00:12::b]:3260'],
    ['fd00:12::a/64,fd00:12::b', 'fd00:12::b/64,fd00:12::a'],
    ['fe fd00:12::a%eth0', 'fe fd00:12::b%eth0'],
  ]);
  untouched(mapping, [
    'fd00:12::a:1',
    '1:fd00:12::a',
    'fd00:12::ab',
    'fd00:12::a_',
    'xfd00:12::a',
    'fd00:12::a:',
  ]);
  untouched(mapping, ['Fd00:12::a', 'fd00:0012::a', 'fd00:12:0::a', 'fd00:12::a\u00e9']);
});

describe('ipv6 whose spelling does not tell its form', () => {
  table(
    [{ kind: 'ipv6', from: '2001:1:2:3:4:5:6:7', to: '2001:DB8::7' }],
    [
      ['2001:1:2:3:4:5:6:7', '2001:DB8::7'],
      ['2001:0001:0002:0003:0004:0005:0006:0007', '2001:0DB8:0000:0000:0000:0000:0000:0007'],
    ],
  );
  table(
    [{ kind: 'ipv6', from: '2001:1:2:3:4:5:6:a', to: '2001:db8:0:0:0:0:0:b' }],
    [['2001:1:2:3:4:5:6:A', '2001:DB8:0:0:0:0:0:B']],
  );
  // The shape is told, the capitals are not: they are the mapping's.
  table([{ kind: 'ipv6', from: '2001::1', to: 'FD00::b' }], [['2001:0:0:0:0:0:0:1', 'FD00:0:0:0:0:0:0:b']]);
  table(
    [{ kind: 'ipv6', from: '1:0:2:3:4:5:6:a', to: '1:0:2:3:4:5:6:b' }],
    [['1:0:2:3:4:5:6:a 1::2:3:4:5:6:a', '1:0:2:3:4:5:6:b 1::2:3:4:5:6:a']],
  );
  // The first of the longest runs of zeros is the one that is left out, and a lone zero is none.
  table(
    [{ kind: 'ipv6', from: '1:0:0:2:0:0:0:3', to: '1:0:0:2:3:0:0:4' }],
    [
      ['1:0:0:2::3', '1::2:3:0:0:4'],
      ['1::2:0:0:0:3', '1::2:0:0:0:3'],
    ],
  );
});

describe('cidr', () => {
  const mapping: OraclePair[] = [
    { kind: 'cidr', from: '10.0.0.0/24', to: '10.0.1.0/24' },
    { kind: 'cidr', from: '10.2.0.0/255.255.0.0', to: '10.3.0.0/255.255.0.0' },
    { kind: 'cidr', from: 'fd00:12::/64', to: 'fd00:13::/64' },
  ];
  table(mapping, [
    ['10.0.0.0/24(rw)', '10.0.1.0/24(rw)'],
    ['10.0.0.0/24.', '10.0.1.0/24.'],
    ['10.2.0.0/255.255.0.0', '10.3.0.0/255.255.0.0'],
    ['fd00:12::/64', 'fd00:13::/64'],
    ['FD00:12:0:0:0:0:0:0/64', 'FD00:13:0:0:0:0:0:0/64'],
  ]);
  untouched(mapping, [
    '10.0.0.0/240',
    '110.0.0.0/24',
    '10.0.0.0',
    '10.0.0.0/24.1',
    '10.2.0.0/16',
    '10.0.1.0/24',
  ]);
  untouched(mapping, ['fd00:12::/640', 'fd00:12::/64:', '1:fd00:12::/64', 'fd00:12::/64_']);
});

describe('subnet: each address in it, the host part kept', () => {
  table(
    [
      { kind: 'subnet', from: '10.0.0.0/23', to: '10.8.2.0/23' },
      { kind: 'subnet', from: 'fd00:12::/64', to: 'fd00:13::/64' },
      { kind: 'ipv4', from: '10.0.0.1', to: '10.9.9.9' },
    ],
    [
      ['10.0.0.7', '10.8.2.7'],
      ['10.0.1.255:3260', '10.8.3.255:3260'],
      ['10.0.0.0/23', '10.8.2.0/23'],
      ['10.0.0.1', '10.9.9.9'],
      ['10.8.2.7', '10.8.2.7'],
      [
        '10.0.2.1 10.0.0.256 10.0.0.07 10.0.0. 10.0.0.7.1',
        '10.0.2.1 10.0.0.256 10.0.0.07 10.0.0. 10.0.0.7.1',
      ],
      ['fd00:12::7 FD00:12:0:0:0:0:0:AB', 'fd00:13::7 FD00:13:0:0:0:0:0:AB'],
      ['fd00:0012:0000:0000:0000:0000:0000:0007', 'fd00:0013:0000:0000:0000:0000:0000:0007'],
      ['fd00:120::7', 'fd00:120::7'],
    ],
  );
});

describe('hostname, fqdn', () => {
  const mapping: OraclePair[] = [
    { kind: 'hostname', from: 'nas1', to: 'nas2' },
    { kind: 'fqdn', from: 'nas1.example.com', to: 'nas2.example.com' },
  ];
  table(mapping, [
    ['nas1:/x', 'nas2:/x'],
    ['/srv/nas1/y', '/srv/nas2/y'],
    ['"nas1"', '"nas2"'],
    ['\\\\nas1\\z', '\\\\nas2\\z'],
    ['NAS1', 'NAS2'],
    ['nas1 nas2 NAS2', 'nas2 nas1 NAS1'],
    ['This is nas1.', 'This is nas2.'],
    ['nas1.example.com', 'nas2.example.com'],
    ['nas1.example.com. nas1', 'nas2.example.com. nas2'],
    ['root@nas1,%nas1%', 'root@nas2,%nas2%'],
    ['\ufeffnas1', '\ufeffnas2'],
    ['/.nas1./', '/.nas2./'],
  ]);
  untouched(mapping, [
    'nas10',
    'mynas1',
    'nas1-x',
    'x-nas1',
    'disk_nas1',
    'nas1_x',
    'nas1.key',
    'a.nas1',
    'Nas1',
  ]);
  untouched(mapping, ['nas1.example.com.au', 'x.nas1.example.com', 'nas1.example.com-x', 'NAS1.EXAMPLE.COM']);
  untouched(mapping, [
    'énas1',
    'nas1é',
    'nas1\u0301',
    '名nas1',
    'nas1.名',
    'nas1\u{20000}',
    '\u{20000}nas1',
    'nas1٣',
  ]);
});

describe('a host inside an IQN is part of the IQN', () => {
  const mapping: OraclePair[] = [{ kind: 'hostname', from: 'nas1', to: 'nas2' }];
  untouched(mapping, [
    'iqn.2003-01.com.example:nas1',
    'iqn.2003-01.com.example:x:nas1:y',
    'iscsi:iqn.2003-01.com.example:nas1',
    'nqn.2014-08.com.example:nas1',
    'iqn.2003-01.org.linux-iscsi.nas1:sn.1',
  ]);
  table(mapping, [['iqn.2003-01.com.example:x nas1,nas1', 'iqn.2003-01.com.example:x nas2,nas2']]);
  table(mapping, [['iqn.2003-01.com.example:x/nas1', 'iqn.2003-01.com.example:x/nas2']]);
});

describe('serial, interface, path, text, other: by the rule of names', () => {
  const mapping: OraclePair[] = [
    { kind: 'serial', from: 'S1-99', to: 'S2-99' },
    { kind: 'interface', from: 'eth0', to: 'ens3' },
    { kind: 'path', from: '/srv/a', to: '/srv/b' },
    { kind: 'text', from: 'rack A', to: 'rack B' },
    { kind: 'other', from: 'svm_1', to: 'svm_1_dr' },
  ];
  table(mapping, [
    ['serial=S1-99;', 'serial=S2-99;'],
    ['eth0:1 dev eth0', 'ens3:1 dev ens3'],
    ['/srv/a/x "/srv/a" host:/srv/a', '/srv/b/x "/srv/b" host:/srv/b'],
    ['(rack A)', '(rack B)'],
    ['svm_1: x', 'svm_1_dr: x'],
  ]);
  untouched(mapping, [
    'S1-990',
    'xS1-99',
    's1-99',
    'eth0.100',
    'veth0',
    'ETH0',
    'eth0-x',
    '/srv/ab',
    '/srv/a.key',
  ]);
  untouched(mapping, ['/mnt/srv/a', 'x./srv/a', 'rack AB', 'svm_10', 'svm_1_dr', '/srv/b', 'ens3']);
});

describe('iqn, nqn', () => {
  const mapping: OraclePair[] = [
    { kind: 'iqn', from: 'iqn.2003-01.com.example:tgt', to: 'iqn.2003-01.com.example:bak' },
    { kind: 'nqn', from: 'nvmet-a', to: 'nvmet-b' },
  ];
  table(mapping, [
    ['<target iqn.2003-01.com.example:tgt>', '<target iqn.2003-01.com.example:bak>'],
    ['iqn.2003-01.com.example:tgt: x', 'iqn.2003-01.com.example:bak: x'],
    ['iqn.2003-01.com.example:tgt.', 'iqn.2003-01.com.example:bak.'],
    [
      'iqn.2003-01.com.example:tgt,iqn.2003-01.com.example:bak',
      'iqn.2003-01.com.example:bak,iqn.2003-01.com.example:tgt',
    ],
    ['"nvmet-a"', '"nvmet-b"'],
  ]);
  untouched(mapping, [
    'iqn.2003-01.com.example:tgt2',
    'iqn.2003-01.com.example:tgt:sub',
    'iqn.2003-01.com.example:tgt.sub',
    'iqn.2003-01.com.example:tgt-x',
    'xiqn.2003-01.com.example:tgt',
    'IQN.2003-01.COM.EXAMPLE:TGT',
    'nvmet-ab',
    'x.nvmet-a',
  ]);
});

describe('prefix pairs', () => {
  const mapping: OraclePair[] = [
    { kind: 'iqn', from: 'iqn.2003-01.org.linux-iscsi.nas1:*', to: 'iqn.2003-01.org.linux-iscsi.nas2:*' },
    {
      kind: 'iqn',
      from: 'iqn.2003-01.org.linux-iscsi.nas1:odd',
      to: 'iqn.2003-01.org.linux-iscsi.nas2:even',
    },
    { kind: 'hostname', from: 'nas1', to: 'nas2' },
  ];
  table(mapping, [
    ['iqn.2003-01.org.linux-iscsi.nas1:sn.1', 'iqn.2003-01.org.linux-iscsi.nas2:sn.1'],
    ['iqn.2003-01.org.linux-iscsi.nas1:odd', 'iqn.2003-01.org.linux-iscsi.nas2:even'],
    ['iqn.2003-01.org.linux-iscsi.nas1:odder', 'iqn.2003-01.org.linux-iscsi.nas2:odder'],
    ['iqn.2003-01.org.linux-iscsi.nas1:x:nas1 nas1', 'iqn.2003-01.org.linux-iscsi.nas2:x:nas1 nas2'],
    ['iqn.2003-01.org.linux-iscsi.nas2:sn.1', 'iqn.2003-01.org.linux-iscsi.nas1:sn.1'],
  ]);
  untouched(mapping, ['iqn.2003-01.org.linux-iscsi.nas10:sn.1', 'x-iqn.2003-01.org.linux-iscsi.nas1:sn.1']);
  untouched(mapping, ['iqn.2003-01.org.linux-iscsi.nas1']);
});

describe('wwn, mac', () => {
  const mapping: OraclePair[] = [
    { kind: 'wwn', from: '5000c500a1b2c3d4', to: '5000c500e5f60718' },
    { kind: 'mac', from: '52:54:00:a1:b2:c3', to: '52:54:00:d4:e5:f6' },
  ];
  table(mapping, [
    ['5000c500a1b2c3d4', '5000c500e5f60718'],
    ['5000C500A1B2C3D4', '5000C500E5F60718'],
    ['50:00:c5:00:a1:b2:c3:d4', '50:00:c5:00:e5:f6:07:18'],
    ['50:00:C5:00:A1:B2:C3:D4', '50:00:C5:00:E5:F6:07:18'],
    ['0x5000c500a1b2c3d4', '0x5000c500e5f60718'],
    ['naa.5000c500a1b2c3d4', 'naa.5000c500e5f60718'],
    ['wwn-0x5000c500a1b2c3d4-part1', 'wwn-0x5000c500e5f60718-part1'],
    ['wwn-5000c500a1b2c3d4', 'wwn-5000c500e5f60718'],
    ['nn-0x5000c500a1b2c3d4:pn-0x5000c500a1b2c3d4', 'nn-0x5000c500e5f60718:pn-0x5000c500e5f60718'],
    ['dm_5000c500a1b2c3d4_', 'dm_5000c500e5f60718_'],
    ['52:54:00:a1:b2:c3', '52:54:00:d4:e5:f6'],
    ['52-54-00-A1-B2-C3', '52-54-00-D4-E5-F6'],
    ['525400a1b2c3', '525400d4e5f6'],
    ['mac=52:54:00:d4:e5:f6/525400A1B2C3', 'mac=52:54:00:a1:b2:c3/525400D4E5F6'],
    ['52:54:00:a1:b2:c3-52:54:00:a1:b2:ff', '52:54:00:d4:e5:f6-52:54:00:a1:b2:ff'],
    ['52:54:00:a1:b2:c3: x', '52:54:00:d4:e5:f6: x'],
  ]);
  untouched(mapping, [
    '35000c500a1b2c3d4',
    '5000c500a1b2c3d4a',
    'a0x5000c500a1b2c3d4',
    'x5000c500a1b2c3d4',
    '50-00-c5-00-a1-b2-c3-d4',
    '5000C500a1b2c3d4',
    '5000c500e5f60718',
    'é5000c500a1b2c3d4',
    '52:54:00:a1:b2:c3:d4',
    'aa:52:54:00:a1:b2:c3',
    '52-54-00-a1-b2-c3-00',
    '52:54:00:a1:b2:c3x',
    '52:54-00:a1:b2:c3',
  ]);
});

describe('a spelling of digits only', () => {
  table(
    [
      { kind: 'mac', from: '52:54:00:12:34:56', to: '52:54:00:AB:cd:ef' },
      { kind: 'wwn', from: 'naa.5000000011112222', to: 'naa.50000000aaaaBBBB' },
    ],
    [
      ['52:54:00:12:34:56', '52:54:00:AB:cd:ef'],
      ['52-54-00-12-34-56', '52-54-00-AB-cd-ef'],
      ['525400123456', '525400ABcdef'],
      ['0x5000000011112222', '0x50000000aaaaBBBB'],
    ],
  );
});

describe('mixed capitals that the mapping writes itself', () => {
  table(
    [{ kind: 'mac', from: '52:54:00:A1:b2:c3', to: '52-54-00-D4-e5-f6' }],
    [
      ['52:54:00:A1:b2:c3', '52:54:00:D4:e5:f6'],
      ['52:54:00:a1:b2:c3', '52:54:00:d4:e5:f6'],
    ],
  );
});

describe('uuid', () => {
  const from = '7c1e1c52-3f1d-4f0e-9a39-0a5d2f3e4b61';
  const to = '91d0aa13-6c2b-4e77-8d51-5be0c4f2a9d8';
  const mapping: OraclePair[] = [{ kind: 'uuid', from, to }];
  table(mapping, [
    [`fsid=${from},x`, `fsid=${to},x`],
    [from.toUpperCase(), to.toUpperCase()],
    ['7c1e1c523f1d4f0e9a390a5d2f3e4b61', '91d0aa136c2b4e778d515be0c4f2a9d8'],
    [`{${from}}`, `{${to}}`],
    [`x-${from}-x`, `x-${to}-x`],
    [`${from}-part`, `${to}-part`],
    [`${from}.5`, `${to}.5`],
  ]);
  untouched(mapping, [`${from}1`, `x${from}`, `_${from}`, `${from}_`, `${from}-abcd`, `ABCD-${from}`, to]);
});

describe('one pass', () => {
  const both: OraclePair[] = [
    { kind: 'text', from: 'a', to: 'b' },
    { kind: 'text', from: 'b', to: 'a' },
  ];
  table(both, [['a b a', 'b a b']]);
  table([{ kind: 'text', from: 'a', to: 'b' }], [['a b', 'b b']]);
  table([{ kind: 'text', from: 'a', to: 'b', swap: true }], [['a b', 'b a']]);
  table(
    [{ kind: 'ipv4', from: '10.0.0.1', to: '10.0.0.2', swap: false }],
    [['10.0.0.1 10.0.0.2', '10.0.0.2 10.0.0.2']],
  );
  table([{ kind: 'ipv4', from: '10.0.0.1', to: '10.0.0.2' }], [['10.0.0.2', '10.0.0.2']], { swap: false });
  table([{ kind: 'hostname', from: 'nas1', to: 'nas2' }], [['NAS1 nas1', 'NAS1 nas2']], { capitals: false });
});

describe('what the mapping says in so many words comes before what follows from it', () => {
  const mapping: OraclePair[] = [
    { kind: 'hostname', from: 'nas1', to: 'nas2' },
    { kind: 'hostname', from: 'NAS1', to: 'SPARE' },
  ];
  table(mapping, [['nas1 NAS1 SPARE', 'nas2 SPARE NAS1']]);
});

describe('the longest at a place, and shared', () => {
  const mapping: OraclePair[] = [
    { kind: 'hostname', from: 'nas1', to: 'nas2' },
    { kind: 'path', from: '/srv/nas1/x', to: '/vol/x' },
  ];
  table(mapping, [['/srv/nas1/x /srv/nas1/y', '/vol/x /srv/nas2/y']]);
  table(mapping, [['nas1 /srv/nas1/x', 'nas1 /srv/nas1/x']], {
    shared: [{ kind: 'hostname', value: 'nas1' }],
  });
  table(mapping, [['/srv/nas1/x nas1', '/srv/nas1/x nas2']], {
    shared: [{ kind: 'path', value: '/srv/nas1' }],
  });
});

test('swaps say what was found where, escapes resolved', () => {
  const pair: OraclePair = { kind: 'hostname', from: 'nas1', to: 'nas2' };
  expect(oracleSwaps('["\\u006eas1", "NAS2"]', 'json', [pair])).toEqual([
    { pair, at: 2, found: 'nas1', put: 'nas2' },
    { pair: { ...pair, from: 'nas2', to: 'nas1' }, at: 15, found: 'NAS2', put: 'NAS1' },
  ]);
});
