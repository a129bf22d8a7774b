import { describe, expect, test } from 'vitest';
import { block } from '../../../src/core/formats/block/index.ts';
import { closing, itemAt, parsed, parts, scalarsOf } from './parsed.ts';

test('Ganesha: statements end at a semicolon, braces may stand on the next line', () => {
  const document = parsed(
    block,
    `# for nas1
%include /etc/ganesha/log.conf
EXPORT
{
    Export_Id = 77;   # unique
    Path = "/srv/a;b";
    Clients = 10.0.0.1,
        10.0.0.2 ;
    FSAL { Name = VFS; }
    CLIENT { Clients = @ops; Access_Type=RO; } CLIENT {}
    # end of the export
};
EXPORT { Export_Id = 78; }`,
  );
  expect(document.value).toEqual({
    '%include': '/etc/ganesha/log.conf',
    EXPORT: [
      {
        Export_Id: '77',
        Path: '/srv/a;b',
        Clients: '10.0.0.1,\n        10.0.0.2',
        FSAL: { Name: 'VFS' },
        CLIENT: [{ Clients: '@ops', Access_Type: 'RO' }, {}],
      },
      { Export_Id: '78' },
    ],
  });
  expect(parts(document, '/EXPORT/0/Export_Id')).toEqual([
    '    ',
    'Export_Id = ',
    '77',
    ';',
    '   # unique\n',
  ]);
  expect(parts(document, '/EXPORT/0/Clients').slice(3)).toEqual([' ;', '\n']);
  expect(parts(document, '/EXPORT/0/FSAL/Name')).toEqual([' ', 'Name = ', 'VFS', ';', '']);
  expect(parts(document, '/EXPORT/0/FSAL')).toEqual(['    ', 'FSAL ', '{ Name = VFS; }', '', '\n']);
  expect(parts(document, '/EXPORT/0/CLIENT/1')).toEqual([' ', 'CLIENT ', '{}', '', '\n']);
  expect(parts(document, '/EXPORT/0')[1]).toBe('EXPORT\n');
  expect(parts(document, '/EXPORT/0').slice(3)).toEqual([';', '\n']);
  expect(closing(document, '/EXPORT/0')).toBe('    # end of the export\n}');
});

describe('DRBD', () => {
  const document = parsed(
    block,
    `include "drbd.d/*.res"; resource "r 0" {
\tnet { protocol C; }   # in step
\tvolume 0 {
\t\tdisk /dev/vg_a/r0;
\t\tdisk { resync-after x/0; }
\t\tdevice minor 0;#first
\t}
\ton alpha { address ipv6 [fd00::1]:7789; }
\ton bravo { address 10.0.1.1:7789; }
\tskip;
}
`,
  );

  test('a block is called by its header, a directive by its first word', () => {
    expect(document.value).toEqual({
      include: 'drbd.d/*.res',
      'resource r 0': {
        net: { protocol: 'C' },
        'volume 0': { disk: ['/dev/vg_a/r0', { 'resync-after': 'x/0' }], device: 'minor 0' },
        'on alpha': { address: 'ipv6 [fd00::1]:7789' },
        'on bravo': { address: '10.0.1.1:7789' },
        skip: null,
      },
    });
    expect(parts(document, '/resource r 0/volume 0/device')).toEqual([
      '\t\t',
      'device ',
      'minor 0',
      ';',
      '#first\n',
    ]);
    expect(parts(document, '/resource r 0/skip')).toEqual(['\t', 'skip', '', ';', '\n']);
    expect(parts(document, '/resource r 0/net')[4]).toBe('   # in step\n');
  });

  test('each word of a header is a scalar of the block', () => {
    const scalars = scalarsOf(document);
    expect(scalars.slice(0, 4)).toEqual([
      '/include key include',
      '/include value "drbd.d/*.res"',
      '/resource r 0 key resource',
      '/resource r 0 key "r 0"',
    ]);
    expect(scalars).toContain('/resource r 0/volume 0/disk/1/resync-after value x/0');
    const word = document.scalars[3];
    expect(word).toMatchObject({ value: 'r 0', text: '"r 0"', style: 'double', isolated: false });
  });
});

test('tgt: tags hold directives and further tags, braces are letters', () => {
  const document = parsed(
    block,
    `default-driver iscsi

# the first one
<target iqn.2008-09.com.example:server.target1>  # main
    backing-store /dev/vg/lun1 # LUN 1
    <backing-store /dev/vg/lun{2}>
\tscsi_sn = SERIAL
    </backing-store>
    incominguser "some user" pass
    # more here
</target>  # main
<target iqn.2008-09.com.example:server.target2>
</Target>
`,
  );
  const [one, two] = [
    'target iqn.2008-09.com.example:server.target1',
    'target iqn.2008-09.com.example:server.target2',
  ];
  expect(document.value).toEqual({
    'default-driver': 'iscsi',
    [one]: {
      'backing-store': '/dev/vg/lun1',
      'backing-store /dev/vg/lun{2}': { scsi_sn: 'SERIAL' },
      incominguser: '"some user" pass',
    },
    [two]: {},
  });
  expect(parts(document, `/${one}`).slice(0, 2)).toEqual([
    '\n# the first one\n',
    '<target iqn.2008-09.com.example:server.target1>  # main\n',
  ]);
  expect(closing(document, `/${one}`)).toBe('    # more here\n</target>');
  expect(parts(document, `/${one}`).slice(3)).toEqual(['', '  # main\n']);
  expect(scalarsOf(document)).toContain(`/${two} key iqn.2008-09.com.example:server.target2`);
});

test('SCST: line ends end a statement', () => {
  const document = parsed(
    block,
    `HANDLER vdisk_fileio {
\tDEVICE disk01 {
\t\tfilename /dev/vg/lun1
\t\tnv_cache 1
\t}
}
TARGET_DRIVER copy_manager {}
TARGET_DRIVER iscsi {
\tenabled 1
\tTARGET iqn.2006-10.net.example:tgt {
\t\tLUN 0 disk01 {
\t\t\tread_only 1
\t\t}
\t\tLUN 1 disk02
\t\tINITIATOR iqn.1993-08.org.debian:*
\t\tINITIATOR iqn.1993-08.org.example:x \\
\t\t\ty
\t}
}`,
  );
  expect(document.value).toEqual({
    'HANDLER vdisk_fileio': { 'DEVICE disk01': { filename: '/dev/vg/lun1', nv_cache: '1' } },
    'TARGET_DRIVER copy_manager': {},
    'TARGET_DRIVER iscsi': {
      enabled: '1',
      'TARGET iqn.2006-10.net.example:tgt': {
        'LUN 0 disk01': { read_only: '1' },
        LUN: '1 disk02',
        INITIATOR: ['iqn.1993-08.org.debian:*', 'iqn.1993-08.org.example:x \\\n\t\t\ty'],
      },
    },
  });
});

test('keepalived: two comment marks, quotes, apostrophes, braces in words', () => {
  const document = parsed(
    block,
    `! nas1 leads, don't touch
$IF = eth0
vrrp_script chk {
   script "killall -0 {smbd}"   # it's cheap
   weight -2! no comment
}
vrrp_instance VI_1
{
   interface \${IF}
   unicast_src_ip 10.0.0.1   ! nas1
   unicast_peer { 10.0.0.2 }
   virtual_ipaddress {
      10.0.0.100/24 dev eth0
      fd00::64
   }
   notify_master /x{a}
   state MASTER # isn't it
}
`,
  );
  expect(document.value).toEqual({
    $IF: 'eth0',
    'vrrp_script chk': { script: 'killall -0 {smbd}', weight: '-2! no comment' },
    'vrrp_instance VI_1': {
      interface: `\${IF}`,
      unicast_src_ip: '10.0.0.1',
      unicast_peer: { '10.0.0.2': null },
      virtual_ipaddress: { '10.0.0.100/24': 'dev eth0', 'fd00::64': null },
      notify_master: '/x{a}',
      state: 'MASTER',
    },
  });
  expect(parts(document, '/vrrp_instance VI_1/unicast_src_ip')[4]).toBe('   ! nas1\n');
  expect(parts(document, '/vrrp_instance VI_1')[1]).toBe('vrrp_instance VI_1\n');
});

test('multipath', () => {
  const document = parsed(
    block,
    `defaults {
\tuser_friendly_names yes
}
blacklist {
\tdevnode "^(sd|nvme)[0-9]{2}"
\tdevnode ^sd[a-z]{1,2}
}
multipaths {
\tmultipath {
\t\twwid 3600508b400105e210000900000490000
\t\talias lun0
\t}
\tmultipath {
\t\twwid 3600508b400105e210000900000490001
\t}
}
`,
  );
  expect(document.value).toEqual({
    defaults: { user_friendly_names: 'yes' },
    blacklist: { devnode: ['^(sd|nvme)[0-9]{2}', '^sd[a-z]{1,2}'] },
    multipaths: {
      multipath: [
        { wwid: '3600508b400105e210000900000490000', alias: 'lun0' },
        { wwid: '3600508b400105e210000900000490001' },
      ],
    },
  });
  expect(itemAt(document, '/multipaths/multipath/1/wwid').label).toBe('wwid');
});

test('corosync: a colon separates, and a mark behind a value is of the value', () => {
  const document = parsed(
    block,
    `totem{
    version: 2
    cluster_name: a # b
}
nodelist {
    node {
        ring0_addr: 10.0.0.1
        name:nas1
        nodeid: 1
    }
    # the second
    node {
        ring0_addr: fd00::2
    }
}
`,
  );
  expect(document.value).toEqual({
    totem: { version: '2', cluster_name: 'a # b' },
    nodelist: {
      node: [{ ring0_addr: '10.0.0.1', 'name:nas1': null, nodeid: '1' }, { ring0_addr: 'fd00::2' }],
    },
  });
});

test('nginx', () => {
  const document = parsed(
    block,
    `user www; # it's a user
http {
  log_format main '$remote_addr "$request"; {x}';
  server {
    listen 10.0.0.1:80; server_name nas1;
    location ~ "^/a{2}" { proxy_pass http://\${backend}/x; }
    location / { }
  }
}
`,
  );
  expect(document.value).toEqual({
    user: 'www',
    http: {
      log_format: 'main \'$remote_addr "$request"; {x}\'',
      server: {
        listen: '10.0.0.1:80',
        server_name: 'nas1',
        'location ~ ^/a{2}': { proxy_pass: `http://\${backend}/x` },
        'location /': {},
      },
    },
  });
  expect(parts(document, '/http/server/server_name')).toEqual([' ', 'server_name ', 'nas1', ';', '\n']);
});

test('Gluster: end-words', () => {
  const document = parsed(
    block,
    `volume data-posix
    type storage/posix
    option directory /bricks/nas1
    option volume-id 1-2
end-volume

# above it
volume data-locks
    subvolumes data-posix
    # done
end-volume # locks
`,
  );
  expect(document.value).toEqual({
    'volume data-posix': { type: 'storage/posix', option: ['directory /bricks/nas1', 'volume-id 1-2'] },
    'volume data-locks': { subvolumes: 'data-posix' },
  });
  expect(closing(document, '/volume data-locks')).toBe('    # done\nend-volume');
  expect(parts(document, '/volume data-locks')[0]).toBe('\n# above it\n');
  expect(parts(document, '/volume data-locks')[4]).toBe(' # locks\n');
});

test('HAProxy: sections end at the next header, braces are letters', () => {
  const document = parsed(
    block,
    `# nas1
global
    log /dev/log local0

# for all
defaults
    mode http
    option httplog
    option dontlognull
    errorfile 400 "/etc/haproxy/400 x.http"

frontend www
    bind 10.0.0.1:80
    http-request deny if { src 10.0.0.9 } # isn't him
    global words
backend nas from common
    server nas1 10.0.0.1:8080 check
# last
`,
  );
  expect(document.value).toEqual({
    global: { log: '/dev/log local0' },
    defaults: {
      mode: 'http',
      option: ['httplog', 'dontlognull'],
      errorfile: '400 "/etc/haproxy/400 x.http"',
    },
    'frontend www': { bind: '10.0.0.1:80', 'http-request': 'deny if { src 10.0.0.9 }', global: 'words' },
    'backend nas from common': { server: 'nas1 10.0.0.1:8080 check' },
  });
  expect(parts(document, '/defaults').slice(0, 2)).toEqual(['\n# for all\n', 'defaults\n']);
  expect(parts(document, '/frontend www')[0]).toBe('\n');
  expect(closing(document, '/backend nas from common')).toBe('');
  expect(closing(document, '')).toBe('# last\n');
});

test('CRLF, a mark and no last line end', () => {
  expect(parsed(block, '\ufeffnet {\r\n  protocol C;\r\n}\r\non a { }').value).toEqual({
    net: { protocol: 'C' },
    'on a': {},
  });
  expect(parsed(block, '\ufeffglobal\r\n  daemon\r\nlisten x\r\n').value).toEqual({
    global: { daemon: null },
    'listen x': {},
  });
  expect(parsed(block, 'a {\r\n b c\r\n}\r\n').value).toEqual({ a: { b: 'c' } });
  expect(parsed(block, '').value).toEqual({});
});

test('a name that repeats as block and as directive keeps its order', () => {
  const document = parsed(block, 'disk {\n}\ndisk a\nx b\n');
  expect(document.value).toEqual({ disk: [{}, 'a'], x: 'b' });
  expect(itemAt(document, '/disk/1').node.kind).toBe('leaf');
});

test('quotes: an escaped one is a letter, and two quoted words are no quoted value', () => {
  const document = parsed(block, 'a "x\\"; y";\nb "x" "y";\nc \'x;\';\n');
  expect(document.value).toEqual({ a: 'x\\"; y', b: '"x" "y"', c: 'x;' });
});

test('two slashes at the head of a line begin a comment where semicolons end statements', () => {
  const document = parsed(block, 'a b;\n// it\'s { not; "read\nc //d;\n');
  expect(document.value).toEqual({ a: 'b', c: '//d' });
});

test('the sign before a brace is no part of the name', () => {
  const document = parsed(block, 'devices = {\n  dir = /dev\n}\nlog : {\n  level 1\n}\n');
  expect(document.value).toEqual({ devices: { dir: '/dev' }, log: { level: '1' } });
  expect(parts(document, '/devices')[1]).toBe('devices = ');
});
