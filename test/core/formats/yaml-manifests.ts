/** Storage manifests, made up for the tests: between them they hold every construct of YAML. */

const ganesha = `# Managed by the storage team.
# Ask before you edit.

apiVersion: v1 # core
kind: ConfigMap
metadata:
  name: ganesha-nas1
  labels: {app: "nfs", 'node': nas1, tier: , "rack":7}

  # where it runs
  annotations:

    host/name: nas1.example.com
data:
  ganesha.conf: |
    EXPORT {
      Path = /srv/nas1;   # the share

      Clients = 10.0.0.1;
    }
  motd: >-  # folded
    Welcome to nas1,
    the first filer.

      * indented

    Bye.
  keep: |+
    kept

  # after the block

  indented: |2
      two more
    than this
  empty: |
  folded-keep: >+
    a
    b

  last: >
    end
`;

const rook = `%YAML 1.2
# the cluster
--- # of nas1
storage:
  useAllNodes: false
  nodes:
  - name: nas1 # first
    devices:
    - name: sdb
    -
      # by id
      name: "/dev/disk/by-id/wwn-0x5001438012345e78"

  - name: nas2
    devices: [ sdc, "sdd" , {name: sde} ]
    config:
      - - 1
        - 2.50
      - - ~
        -
  # trailing of nodes
# trailing of storage
wwn: 0x5001438012345e78
big: 5001438012345678901
octal: 0o17
exp: 1e3
half: .5
plus: +1
inf: .inf
neg: -1
yes: yes
on: true
nothing: null
tilde: ~
date: 2024-01-02
? explicit
: value
? |
  block key
: - a
  - b
? [complex, nas1]
: {x: y}
? alone
end: here
...
# after the end
`;

const anchors = `defaults: &defaults
  host: nas1
  port: 2049
  tags: &tags [a, b]
other: &other {port: 1, extra: !!str 150}
nas1:
  <<: *defaults
  port: 111
nas2:
  name: second
  <<: [*other, *defaults]
copy: *tags
list:
  - *defaults
  - &item !custom
    k: v
  - !custom {a: !!int "3"}
  - &s scalar
  - !!str
  - &empty
*s : by alias
`;

const netplan = `network:
  version: 2
  ethernets:
    eno1:
      addresses: [10.0.0.1/24, "fd00::1/64",   # both
        192.168.0.1/16
        , 10.1.1.1/8]   # done
      routes: [
        # default
        {to: default, via: 10.0.0.254},

        {
          to: 10.9.0.0/16, via: 10.0.0.253 , # by the other
        },
        # nothing more
      ]
      nameservers: {}
      search: [ ]
      odd: [a: b, ? c : d, ? e, "f": g, : h]
      map: {? i : j, k, "l": m, [n]: o, p:
        q}
    eno2: {dhcp4: no}
`;

const scalars = `plain: one
  two   three

  four # comment
double: "line one \\
  joined \\x41\\u006eas1\\U0001F600\\t\\"q\\"

  folded   \\
  end"
single: 'it''s
  folded

  twice'
"quoted key": 1
'single key': 2
? "long
  key"
: 3
url: http://nas1:80/#frag
time: 1:20
path: C:\\dir
text: a - b , c
question: ?x
dash: -x
`;

const stream = `apiVersion: v1
kind: Secret
---
# second
%not: a directive
---
- third
--- |
  fourth nas1
--- {fifth: [nas1]}
# comment
...
---
...
# between
--- plain
  text
--- # empty
`;

const unix: { readonly [name: string]: string } = {
  ganesha,
  rook,
  anchors,
  netplan,
  scalars,
  stream: stream.replace('%not: a directive\n', ''),
  'directives in a stream': '%YAML 1.2\n---\na: 1\n...\n\n# x\n%YAML 1.2\n---\nb: 2\n',
  'compact nesting': '- - - a\n    - b\n  - c\n- ? - d\n- k: v\n  l:\n  - m\n  -   n: o\n      p: q\n',
  'no final newline': 'a:\n  - b: c\n    d: |\n      e\n      f',
  'comment at the end': 'a: 1\n# b',
  'blank lines': '\n\n\na: 1\n\n\nb:\n\n  c: 2\n\n\n',
  'a list without indentation': 'a:\n- b\n# c\n- d\ne: f\n',
  'only a scalar': '# c\n\n"nas1" # d\n\n# e\n',
  'only a flow list': '--- # c\n[a, b] # d\n# e\n',
  'only a block scalar': '--- |-\n  nas1\n',
  'only comments': '# a\n\n# b\n',
  'only blanks': ' \n\n',
  empty: '',
  'empty document': '---\n',
  properties:
    '--- !!map &root\n# c\na: !!seq &a # d\n  # e\n  - &b x\n  - !t\n    &c\n    d: e\nf: &g\nh: !!str # i\n',
  tabs: 'a:\t1\t# c\nb: [1,\t2]\t\n',
  wide: '- 🙂 nas1: "🙂 \\U0001F642 nas1"\n- ü: \'ü\'\n',
};

/** All of them, each with LF, CRLF, a byte-order mark, and without its last line end. */
export const MANIFESTS: readonly (readonly [name: string, text: string])[] = Object.entries(unix).flatMap(
  ([name, text]) => [
    [name, text] as const,
    [`${name}, CRLF`, text.replaceAll('\n', '\r\n')] as const,
    [`${name}, with a byte-order mark`, `\ufeff${text}`] as const,
    [`${name}, no final newline`, text.replace(/\n$/, '')] as const,
  ],
);
