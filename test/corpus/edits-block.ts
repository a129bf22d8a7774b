/** Administrators' edits of the corpus' block files: DRBD, Gluster, keepalived, tgt. */
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

const drbd: readonly Edit[] = [
  edit(
    'add',
    'a net section for the diskless resource',
    insertBefore(lines('\ton fat-tyre {'), '\tnet {\n\t\tprotocol C;\n\t}\n'),
  ),
  edit(
    'reorder',
    'the two paths change places',
    exchange(
      lines('\t\tpath {\n\t\t\thost alpha address 192.168.41.1', '\n\t\t}'),
      lines('\t\tpath {\n\t\t\thost alpha address 192.168.42.1', '\n\t\t}'),
    ),
  ),
  edit('delete', 'a stacked volume goes', cut(lines('\tvolume 1 { device minor 11; }'))),
  edit('rename', 'the diskless resource has a new name', put('resource dless {', 'resource diskless {')),
  edit('change', 'a quicker resync', put('resync-rate 10M;', 'resync-rate 40M;')),
  edit('change', 'alpha listens on another port', put('192.168.31.1:7900;', '192.168.31.1:7910;')),
  edit(
    'comment',
    'a remark above the mesh',
    insertBefore(lines('resource drbd_9_mesh'), '# three nodes, quorum\n'),
  ),
  edit(
    'identifier',
    'a resource on alpha and bravo',
    append(
      '\nresource r_vm {\n\tvolume 0 {\n\t\tdevice minor 40;\n\t\tdisk /dev/vg0/vm;\n\t\tmeta-disk internal;\n\t}\n' +
        '\ton alpha {\n\t\tnode-id 0;\n\t\taddress 192.168.31.1:8000; # ALPHA, not alpha-bravo\n\t}\n' +
        '\ton bravo {\n\t\tnode-id 1;\n\t\taddress 192.168.31.2:8000;\n\t}\n}\n',
    ),
  ),
  FINAL_NEWLINE,
  CRLF,
];

const gluster: readonly Edit[] = [
  edit(
    'add',
    'a write-behind translator',
    insertBefore(
      lines('volume /d/backends/sq/brick1'),
      'volume sq-write-behind\n    type performance/write-behind\n    subvolumes sq-barrier\nend-volume\n\n',
    ),
  ),
  edit('delete', 'an option of the quota goes', cut(lines('option cmd-from-all-client'))),
  edit('rename', 'a translator and the one above it', putAll('sq-upcall', 'sq-notify')),
  edit('change', 'the barrier waits less', put('barrier-timeout 120', 'barrier-timeout 60')),
  edit(
    'reorder',
    'locks and quota change places',
    exchange(lines('volume sq-locks', 'end-volume\n'), lines('volume sq-quota', 'end-volume\n')),
  ),
  edit(
    'comment',
    'a remark in the server',
    insertBefore(lines('#option volspec'), '    # set by glusterd\n'),
  ),
  edit(
    'identifier',
    'the address that it connects from, and the volume in short',
    insertAfter(
      lines('transport.socket.listen-port'),
      '    option transport.socket.source-addr gl1.example.com\n' +
        '    # 25305C2D317F45E98E60BE322ED69EE1 in /d/backends/sq/brick1/.glusterfs\n',
    ),
  ),
  FINAL_NEWLINE,
  CRLF,
];

const instance = (name: string) => lines(`vrrp_instance ${name} {`, '\n}');

const keepalived: readonly Edit[] = [
  edit(
    'add',
    'a tenth instance',
    append(
      '\nvrrp_instance VI_10 {\n    interface eth1\n    virtual_router_id 60\n    priority 90\n' +
        '    virtual_ipaddress {\n        192.168.200.25/27\n    }\n}\n',
    ),
  ),
  edit('delete', 'an instance goes', cut(instance('VI_8'))),
  edit('rename', 'an instance', put('vrrp_instance VI_7 {', 'vrrp_instance VI_SMB {')),
  edit('change', 'a higher priority for the first', put('priority 100', 'priority 150')),
  edit('change', 'another router id', put('virtual_router_id 51', 'virtual_router_id 151')),
  edit('reorder', 'two instances', exchange(instance('VI_3'), instance('VI_4'))),
  edit('comment', 'a remark behind the title', put('for keepalived\n', 'for keepalived, both nodes\n')),
  edit('comment', 'a remark of its own', insertBefore(lines('vrrp_instance VI_5'), '# the NFS address\n')),
  edit(
    'identifier',
    'unicast for the second instance, both nodes named',
    insertBefore(
      lines('    state MASTER\n    virtual_router_id 52'),
      '    unicast_src_ip 192.168.200.1 ! FILER1\n    unicast_peer {\n        192.168.200.2 # filer2\n    }\n',
    ),
  ),
  FINAL_NEWLINE,
  CRLF,
];

const target = (number: number) => `<target iqn.2008-09.com.example:server.target${number}>`;

const tgt: readonly Edit[] = [
  edit(
    'add',
    'a LUN',
    insertAfter(lines('somedevice3'), '    backing-store /dev/LVM/somedevice4\t# Becomes LUN 4\n'),
  ),
  edit('delete', 'a target goes', cut(lines(target(7), '</target>'))),
  edit(
    'delete',
    'one of two equal targets loses a LUN',
    cut(lines('direct-store /dev/sdd\t# Becomes LUN 4')),
  ),
  edit('rename', 'a user', put('incominguser user1', 'incominguser operator1')),
  edit('change', 'another device', put('direct-store /dev/sdd\n', 'direct-store /dev/sde\n')),
  edit(
    'reorder',
    'two LUNs of a target',
    exchange(
      lines('<backing-store /dev/sdb1>', '</backing-store>'),
      lines('<backing-store /dev/sdd1>', '</backing-store>'),
    ),
  ),
  edit('comment', 'an iSNS port', put('#iSNSServerPort 3205', '#iSNSServerPort 3206')),
  edit(
    'identifier',
    'a target of the primary, and look-alikes of it',
    insertBefore(
      lines('# Specify controller TID'),
      '# SAN1 exports target1 and iqn.2008-09.com.example:server.target1.\n' +
        '<target iqn.2008-09.com.example:server.target10>\n    backing-store /dev/LVM/vm\n' +
        '    initiator-address 192.168.100.11\n    scsi_sn serial1\n    # not serial10, not 192.168.100.110\n</target>\n\n',
    ),
  ),
  FINAL_NEWLINE,
  CRLF,
];

export const blockEdits: Readonly<Record<string, readonly Edit[]>> = {
  'drbd-example-block': drbd,
  'gluster-brick-vol': gluster,
  'keepalived-vrrp-block': keepalived,
  'tgt-targets-block': tgt,
};
