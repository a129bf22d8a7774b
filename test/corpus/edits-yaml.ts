/** Administrators' edits of the corpus' YAML files: netplan, Rook, Trident, zrepl. */
import {
  append,
  CRLF,
  cut,
  type Edit,
  edit,
  exchange,
  FINAL_NEWLINE,
  insertAfter,
  insertBefore,
  lines,
  put,
  putAll,
} from './edit.ts';

const netplan: readonly Edit[] = [
  edit(
    'add',
    'an interface',
    insertBefore(lines('  bonds:'), '    enp7s0:\n      dhcp4: no\n      optional: true\n'),
  ),
  edit('delete', 'a bond parameter goes', cut(lines('gratuitious-arp'))),
  edit('rename', 'a bond', put('bond-wan:', 'bond-uplink:')),
  edit('change', 'another monitor interval', put('mii-monitor-interval: 1', 'mii-monitor-interval: 100')),
  edit(
    'reorder',
    'two interfaces',
    exchange(lines('    enp4s0:', 'optional'), lines('    enp5s0:', 'optional')),
  ),
  edit('comment', 'a remark behind a key', put('    enp1s0:\n', '    enp1s0: # uplink\n')),
  edit(
    'identifier',
    'two interfaces, matched by addresses in other spellings',
    insertBefore(
      lines('  bonds:'),
      '    enp8s0: # was 52:54:00:a1:b2:c3:00\n      match: {macaddress: "52-54-00-A1-B2-C3"}\n' +
        '      addresses: ["FD00:93:0:0:0:0:0:2/64", "192.168.254.2/24"]\n',
    ),
  ),
  FINAL_NEWLINE,
  CRLF,
];

const rook: readonly Edit[] = [
  edit(
    'add',
    'a node',
    insertBefore(
      lines('- name: 172.17.4.20\n'),
      '      - name: stor3.storage.example.com\n        deviceFilter: "^nvme"\n',
    ),
  ),
  edit('delete', 'a device goes', cut(lines('- name: "sdb"'))),
  edit('rename', 'a key', put('statsPeriodSeconds:', 'statsPeriod:')),
  edit('change', 'three managers', put('count: 2', 'count: 3')),
  edit(
    'reorder',
    'two nodes',
    exchange(
      lines('- name: stor1.storage.example.com', 'deviceFilter'),
      lines('- name: stor10.storage.example.com', 'deviceFilter'),
    ),
  ),
  edit('comment', 'a remark altered', put('# stor1, rack A', '# stor1, rack B')),
  edit(
    'identifier',
    'a disk in capitals, a folded text that names the node',
    insertAfter(
      lines('wwn-0x5000c500a1b2c3d4'),
      '          - name: "/dev/disk/by-id/wwn-0x5000C500A1B2C3D4-part1"\n            config:\n' +
        '              note: >-\n                STOR1 holds it,\n                stor1 and not stor10\n',
    ),
  ),
  FINAL_NEWLINE,
  CRLF,
];

const trident: readonly Edit[] = [
  edit('add', 'a pool', append("  - labels:\n      app: backup\n      cost: '10'\n    zone: us_east_1e\n")),
  edit('delete', 'a label goes', cut(lines("cost: '50'"))),
  edit('rename', 'a key', put('  region: us_east_1\n', '  regionName: us_east_1\n')),
  edit('change', 'rights of a pool', put("unixPermissions: '0755'", "unixPermissions: '0770'")),
  edit(
    'reorder',
    'two pools',
    exchange(
      lines('  - labels:\n      app: msoffice', 'unixPermissions'),
      lines('  - labels:\n      app: slack', 'unixPermissions'),
    ),
  ),
  edit(
    'comment',
    'a remark of its own',
    insertBefore(lines('  storage:'), '  # one pool for each application\n'),
  ),
  edit(
    'identifier',
    'a label that names the machine, quoted with escapes',
    insertAfter(
      lines('store: nas_economy_store'),
      '    svm: "\\x74rident_svm"\n    lif: \'10.0.0.2\' # and 10.0.0.1, not 10.0.0.10\n',
    ),
  ),
  FINAL_NEWLINE,
  CRLF,
];

const zrepl: readonly Edit[] = [
  edit('add', 'a client', insertAfter(lines('- c.example.com'), '      - d.example.com\n')),
  edit('delete', 'a retention rule goes', cut(lines('      # Time-based', "regex: '^zrepl_'"))),
  edit('rename', 'a job', put('- name: target_b\n', '- name: target_berlin\n')),
  edit('change', 'a shorter interval', put('interval: 10m', 'interval: 5m')),
  edit(
    'reorder',
    'two jobs, each with its comment',
    exchange(
      lines('# Source job for target B', 'type: manual\n'),
      lines('# Source job for target C', 'type: manual\n'),
    ),
  ),
  edit('comment', 'a remark altered', put('# Separate job for snapshots', '# One job for snapshots')),
  edit(
    'identifier',
    'the source names itself',
    insertAfter(
      lines('listen: :8889'),
      '    # a.example.com, its key in /etc/zrepl/a.example.com.key, not in /etc/zrepl/a.example.com.key.old\n' +
        '    note: [a.example.com, "a.example.com:8889", aa.example.com]\n',
    ),
  ),
  edit('rename', 'a job everywhere', putAll('target_c', 'target_cologne')),
  FINAL_NEWLINE,
  CRLF,
];

export const yamlEdits: Readonly<Record<string, readonly Edit[]>> = {
  'netplan-bonding-yaml': netplan,
  'rook-cluster-yaml': rook,
  'trident-ontap-nas-yaml': trident,
  'zrepl-source-yaml': zrepl,
};
