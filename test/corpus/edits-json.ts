/** Administrators' edits of the corpus' JSON files: Heketi, LIO, nvmetcli. */
import {
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

const device = (name: string) =>
  lines(`                        {\n                            "name": "/dev/${name}"`, '},');

const heketi: readonly Edit[] = [
  edit(
    'add',
    'a device',
    insertBefore(device('sdd'), '                        {"name": "/dev/sdj", "destroydata": false},\n'),
  ),
  edit('delete', 'a device goes', cut(device('sdc'))),
  edit('rename', 'a key', put('"destroydata": false', '"destroy_data": false')),
  edit('change', 'another zone', put('"zone": 2', '"zone": 3')),
  edit('reorder', 'two devices', exchange(device('sde'), device('sdf'))),
  edit('comment', 'spacing only', put('"clusters": [', '"clusters":\n    [')),
  edit(
    'identifier',
    'a device of the node, by its address, and one of its neighbour',
    insertBefore(
      device('sdg'),
      '                        {"name": "/dev/disk/by-path/ip-192.168.10.100:3260-lun-0", "destroydata": false},\n' +
        '                        {"name": "/dev/disk/by-path/ip-192.168.10.1001:3260-lun-0", "destroydata": true},\n',
    ),
  ),
  FINAL_NEWLINE,
  CRLF,
];

const mappedLun = (alias: string) => lines(`                {\n                  "alias": "${alias}"`, '}');
const lun = (alias: string) => lines(`            {\n              "alias": "${alias}"`, '}');

const lio: readonly Edit[] = [
  edit(
    'add',
    'a mapped LUN',
    insertBefore(
      mappedLun('b42e2932ea'),
      '                {\n                  "alias": "0f3c9d1b22", \n                  "index": 4, \n' +
        '                  "tpg_lun": 4, \n                  "write_protect": true\n                }, \n',
    ),
  ),
  edit('delete', 'a mapped LUN goes', cut(mappedLun('7a31741a0c'))),
  edit('rename', 'a storage object, and where it is used', putAll('fcoe_disk_2', 'fcoe_disk_two')),
  edit('change', 'a shallower queue', put('"queue_depth": 128', '"queue_depth": 64')),
  edit('reorder', 'two LUNs', exchange(lun('8172518e97'), lun('b77524035f'))),
  edit('comment', 'spacing only', put('"fabric_modules": []', '"fabric_modules": [ ]')),
  edit(
    'identifier',
    'a node that may reach the first port, the port in another spelling',
    insertAfter(
      lines('"node_acls": ['),
      '            {\n              "mapped_luns": [], \n' +
        '              "node_wwn": "naa.20000cfd37041aff", \n' +
        '              "wwpn": "20:00:0C:FD:37:62:C3:08", \n              "via": "nn-0x20000cfd3762c307:pn-0x50cfd3766cc33a70"\n            }, \n',
    ),
  ),
  FINAL_NEWLINE,
  CRLF,
];

const nvmet: readonly Edit[] = [
  edit(
    'add',
    'an allowed host',
    put('"allowed_hosts": []', '"allowed_hosts": [\n        "nqn.2014-08.org.example:client7"\n      ]'),
  ),
  edit('delete', 'a parameter goes', cut(lines('"inline_data_size"'))),
  edit('rename', 'a key', put('"grpid"', '"group_id"')),
  edit('change', 'another port', put('"trsvcid": "4420"', '"trsvcid": "4421"')),
  edit('reorder', 'two attributes', exchange(lines('"cntlid_max"'), lines('"cntlid_min"'))),
  edit('comment', 'the blanks at a line end go', put('"portid": 1, \n', '"portid": 1,\n')),
  edit(
    'identifier',
    'a namespace of the same device, and a subsystem in a referral',
    put(
      '"namespaces": [\n',
      '"namespaces": [\n        {"nsid": 2, "enable": 0, "device": {"path": "/dev/nvme0n2", ' +
        '"uuid": "D592CDF35D1C44E084123FCF7D99DF27"}, "via": "\\u003192.168.122.33\\tnvmet-always", "not": "nvmet-always2"},\n',
    ),
  ),
  FINAL_NEWLINE,
  CRLF,
];

export const jsonEdits: Readonly<Record<string, readonly Edit[]>> = {
  'heketi-topology-json': heketi,
  'lio-fcoe-json': lio,
  'nvmet-tcp-json': nvmet,
};
