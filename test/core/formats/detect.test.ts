import { describe, expect, test } from 'vitest';
import type { FormatName } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { detectFormat } from '../../../src/core/formats/detect.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';
import { corpusMissing, corpusSets } from '../../corpus/sets.ts';

/** Each is told by its content: the name says nothing. */
const BY_CONTENT: readonly (readonly [FormatName, string, string])[] = [
  ['json', 'an object', '{\n  "targets": []\n}\n'],
  ['json', 'an empty object', '{}'],
  ['json', 'a list', '[\n  {"a": 1}\n]'],
  ['json', 'a list in a line', '["nas1", "nas2"]\n'],
  ['json', 'a mark before it', '\ufeff{"a": 1}'],
  ['json', 'a missing comma', '{\n  "a": 1\n  "b": 2\n}\n'],
  ['json', 'cut behind the brace', '{'],
  ['json', 'cut within a string', '{"storage_objects": [{"wwn": "naa.6001'],
  ['json', 'no quotes', '{ targets: [] }'],
  ['json', 'a comment before it', '// by hand\n{\n  "a": 1\n}\n'],
  ['json', 'without its first line', '  "a": 1,\n  "b": {\n    "c": []\n  }\n}\n'],
  ['ini', 'smb.conf', '[global]\n  workgroup = X\n  read only = no\n;  a = b\n[srv]\n  path = /srv\n'],
  [
    'ini',
    'Ceph',
    '[global]\nfsid = 1-2-3\nmon_host = [v2:10.0.0.1:3300,v1:10.0.0.1:6789]\n[osd]\nosd_journal_size = 1024\n',
  ],
  ['ini', 'numbers alone', '[osd]\nmax = 5\nmin = 1\n'],
  ['ini', 'systemd', '# unit\n[Unit]\nDescription=Files\n[Service]\nExecStart=/bin/x --a={b} \\\n  --c\n'],
  ['ini', 'no section', 'fsid = 1\nmon host = nas1\n'],
  ['ini', 'krb5.conf', '[libdefaults]\n  default_realm = X\n[realms]\n  X = {\n    kdc = nas1\n  }\n'],
  ['ini', 'variables of a shell', '# options\nRPCNFSDCOUNT=8\nRPCMOUNTDOPTS="--manage-gids"\n'],
  ['ini', 'quoted values of a shell', 'A="x"\nB="y z"\n'],
  ['toml', 'strings', 'bind = "10.0.0.1:3900"\n[s3_api]\nregion = "garage"\n'],
  ['toml', 'tables of tables', '[[disk]]\nsize = 1\n'],
  ['toml', 'lists over lines', 'a = [\n  "x",\n  "y",\n]\nb = true\nc = { d = 1 }\n'],
  ['toml', 'a string that stays open', 'a = "x"\nb = "y"\nc = 1\nd = true\ne = ["z"]\n[t]\nf = "g\n'],
  ['yaml', 'a map', 'network:\n  version: 2\n'],
  ['yaml', 'documents', '---\na: 1\n---\nb: 2\n'],
  ['yaml', 'a list', '# jobs\n- name: a\n  type: snap\n- name: b\n'],
  ['yaml', 'a mark alone', '---\n'],
  [
    'yaml',
    'other formats inside',
    'kind: ConfigMap\ndata:\n  haproxy.cfg: |\n    global\n      a b\n  x.conf: |\n    [a]\n    b = c\n    d {\n      e f;\n    }\n',
  ],
  ['yaml', 'flow over lines', 'a: {\n  b: 1,\n}\nc: [1, 2]\nd: e=f\n'],
  ['yaml', 'a broken line', 'a: 1\nb: 2\nc: "x\nd: 4\ne: 5\n'],
  ['block', 'Ganesha', 'EXPORT\n{\n  Export_Id = 1;\n  Path = "/srv";\n  FSAL {\n    Name = VFS;\n  }\n}\n'],
  [
    'block',
    'Ganesha in one line',
    'EXPORT { Export_Id = 1; Path = /a; }\nEXPORT { Export_Id = 2; Path = /b; }\n',
  ],
  ['block', 'DRBD', 'include "a";\nresource r0 {\n  on alpha {\n    address 10.0.0.1:7789;\n  }\n}\n'],
  ['block', 'a quoted header', 'resource "r0" {\n  net { protocol C; }\n}\n'],
  ['block', 'a stray brace', 'r {\n  a b;\n}\n}\n'],
  ['block', 'a cut block', 'vrrp_instance VI_1 {\n  state MASTER\n  priority 150\n'],
  ['block', 'corosync', 'totem {\n  version: 2\n}\nlogging {\n  to_syslog: yes\n  debug: off\n}\n'],
  ['block', 'corosync without blanks', 'totem{\n  version: 2\n  a: b\n  c: d\n'],
  ['block', 'LVM', 'devices {\n  dir = "/dev"\n  filter = [ "a|.*|" ]\n}\n'],
  ['block', 'SCST', 'TARGET_DRIVER iscsi {\n  TARGET iqn.2006-10.net.x:tgt {\n    enabled 1\n  }\n}\n'],
  ['block', 'multipath', 'defaults {\n  user_friendly_names yes\n}\n'],
  ['block', 'tgt', 'default-driver iscsi\n<target iqn.2008-09.com.x:a>\n  backing-store /dev/x\n</target>\n'],
  ['block', 'tgt, cut', '<target iqn.2008-09.com.x:a>\n  backing-store /dev/x\n'],
  ['block', 'Gluster', 'volume a\n  type storage/posix\n  option directory /d\nend-volume\n'],
  ['block', 'Gluster, cut', 'volume a\n  type storage/posix\n  option dir'],
  [
    'block',
    'HAProxy',
    'global\n  daemon\ndefaults\n  mode http\nfrontend www\n  bind :80\n  deny if { src 10.0.0.1 }\n',
  ],
  ['block', 'HAProxy without indentation', '# x\nglobal\nlog /dev/log local0\nmaxconn 4\n'],
  ['lines', 'exports', '/srv 10.0.0.0/24(rw,sync,fsid=0) nas1(ro)\n/home *(ro,sec=sys)\n'],
  ['lines', 'hosts', '127.0.0.1 localhost\n10.0.0.1 nas1\n::1 ip6-localhost\nff02::1 ip6-allnodes\n'],
  ['lines', 'fstab', 'UUID=1-2 / ext4 errors=remount-ro 0 1\nUUID=1-3 /srv xfs noatime,nofail=1 0 0\n'],
  ['lines', 'mounts of hosts', 'nas1:/srv /mnt nfs rw,vers=4 0 0\n//nas1/x /y cifs credentials=/z 0 0\n'],
  ['lines', 'modprobe', 'options nfsd nfs4_disable_idmapping=0\nblacklist x\n'],
  ['lines', 'prose', 'Once upon a time\nthere was a disk.\n'],
  ['lines', 'markup', '<?xml version="1.0"?>\n<domain type="kvm">\n  <name>nas1</name>\n</domain>\n'],
  ['lines', 'nothing', ''],
  ['lines', 'comments', '# a = b\n# [c]\n'],
];

describe('by content', () => {
  test.each(BY_CONTENT)('%s: %s', (format, _, text) => {
    expect(detectFormat(text, 'x.conf')).toBe(format);
    expect(detectFormat(text.replaceAll('\n', '\r\n'), 'x.conf')).toBe(format);
  });

  test('what is told by its content is not told otherwise by a name', () => {
    for (const name of ['exports', 'x.yaml', 'x.toml', 'smb.conf', 'drbd.d/r0.res', 'x.json']) {
      expect(detectFormat('{"a": {"b": [1, 2]}}', name)).toBe('json');
      expect(detectFormat('apiVersion: v1\nkind: Secret\n', name)).toBe('yaml');
    }
    for (const name of ['exports', 'smb.conf', 'drbd.d/r0.res', 'ganesha.conf']) {
      expect(detectFormat('EXPORT {\n  Export_Id = 1;\n}\n', name)).toBe('block');
      expect(detectFormat('[a]\nread only = no\npath = /srv\n', name)).toBe('ini');
    }
    expect(detectFormat('{"targets": []}', 'storage-target.conf')).toBe('json');
    expect(detectFormat('global {\n  fsid 1\n}\n', 'ceph.conf')).toBe('block');
  });
});

test.each<readonly [FormatName, string]>([
  ['json', '/etc/rtslib-fb-target/saveconfig.json'],
  ['yaml', '/etc/zrepl/zrepl.yml'],
  ['yaml', 'a.yaml'],
  ['toml', 'garage.toml'],
  ['ini', '/etc/samba/smb.conf'],
  ['ini', 'ceph.conf'],
  ['block', '/etc/ganesha/ganesha.conf'],
  ['block', 'drbd.d/r0.res'],
  ['block', 'haproxy.cfg'],
  ['block', 'keepalived.conf'],
  ['block', 'multipath.conf'],
  ['block', 'brick.vol'],
  ['block', '/etc/tgt/targets.conf'],
  ['lines', '/etc/exports'],
  ['lines', 'exports.d/a.exports'],
  ['lines', 'HOSTS'],
])('the name settles what the content leaves open: %s for %s', (format, name) => {
  expect(detectFormat('', name)).toBe(format);
  expect(detectFormat('# nothing yet\n', name)).toBe(format);
});

test('a section of numbers is TOML in a file that is called so', () => {
  expect(detectFormat('[a]\nb = 1\n', 'a.toml')).toBe('toml');
  expect(detectFormat('[a]\nb = 1\n', 'a.conf')).toBe('ini');
});

test('a broken file that is called data is held as data, though it looks like a looser format', () => {
  expect(detectFormat('a = 1\nb = "open\n', 'a.toml')).toBe('toml');
  expect(detectFormat('[a]\nread only = no\n', 'a.toml')).toBe('toml');
  expect(detectFormat('<html>503</html>\n', 'a.json')).toBe('json');
  expect(detectFormat('a {\n b\n}\n', 'a.yaml')).toBe('yaml');
});

test('a file that lost its head is still held by the format of its name', () => {
  expect(detectFormat('garbage\n', 'saveconfig.json')).toBe('json');
});

test('the corpus is told by its content, and what is told can be read', () => {
  const told: Record<string, readonly FormatName[]> = {};
  const expected: typeof told = {};
  for (const { name, file, format, text } of corpusSets()) {
    expected[name] = [format, format];
    told[name] = [detectFormat(text, file), detectFormat(text, 'x.conf')];
    expect(isFailure(formatNamed(format).parse(text))).toBe(false);
    expect(formatNamed(format).name).toBe(format);
  }
  expect(Object.keys(expected).length > 0).toBe(corpusMissing() === undefined);
  expect(told).toEqual(expected);
});

test('most cut files keep their format', () => {
  let kept = 0;
  const lost: string[] = [];
  for (const { name, format, text } of corpusSets()) {
    const bytes = new TextEncoder().encode(text);
    for (let percent = 30; percent <= 95; percent++) {
      const cut = new TextDecoder().decode(bytes.subarray(0, Math.floor((bytes.length * percent) / 100)));
      const found = detectFormat(cut, 'x.conf');
      if (found === format) kept++;
      else lost.push(`${name} at ${percent} %: ${found}`);
    }
  }
  const all = kept + lost.length;
  console.log(`detection of cut files, by content alone: ${kept} of ${all} keep their format`, lost);
  expect(kept).toBeGreaterThanOrEqual(all * 0.95);
});

test.each([
  ['a long line', 'a '.repeat(500_000)],
  ['long blanks', `a${' '.repeat(500_000)}b`],
  ['long names', 'a:b'.repeat(300_000)],
  ['quotes', '"'.repeat(500_000)],
  ['brackets', '['.repeat(500_000)],
  ['braces', '{\n'.repeat(500_000)],
  ['lines', 'a = b\n'.repeat(200_000)],
])('time is bounded: %s', (_, text) => {
  const started = performance.now();
  detectFormat(text, 'x.conf');
  expect(performance.now() - started).toBeLessThan(5_000);
});
