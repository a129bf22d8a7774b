/**
 * Fifty secrets, each planted where its service has them; `§n§` stands for the canary. Keys that tell by
 * themselves, neighbours that tell (`name:` and `value:`), lines that only the lines before tell, comments,
 * command lines, URLs.
 */
export const SECRETS: Readonly<Record<string, string>> = {
  'smb.conf': `[global]
   server string = nas1
   workers = 4
   ldap admin password = §0§
   # password = §1§ on nas1
   tls keyfile password = "§2§"
   ldap passwd = §3§ \\
      §4§
   idmap secret=§5§
   add user script = /usr/sbin/useradd --password §6§ %u
`,
  'ceph.conf': `[client.rgw]
host = nas1
key = AQ§7§==
rgw keystone admin token = §8§
; rgw_keystone_admin_password=§9§
rgw_s3_auth = "https://nas1:§10§@10.0.0.1/auth"
`,
  'tgt/targets.conf': `<target iqn.2003-01.org.linux-iscsi.nas1:a>
  incominguser nas1 §11§
  outgoinguser backup §12§
  # incominguser old §13§
  backing-store /dev/sda
</target>
`,
  'ganesha.conf': `CEPH {
  Host = nas1;
  secret_access_key = "§14§";
  User_Id = "nas1";
}
RGW { access_key = "nas1"; secret_key = §15§; }
`,
  'keepalived.conf': `vrrp_instance VI_1 {
  interface eth0 # nas1
  authentication {
    auth_type PASS
    auth_pass §16§
  }
}
`,
  'haproxy.cfg': `userlist admins
  user nas1 insecure-password §17§
listen stats
  stats auth admin:§18§
  server nas1 10.0.0.1:80
`,
  'drbd.res': `resource r0 {
  net { cram-hmac-alg sha1; shared-secret "§19§"; }
  on nas1 { address 10.0.0.1:7788; }
}
`,
  'garage.toml': `host = "nas1"
rpc_secret = "§20§"
workers = 4

[admin]
admin_token = "§21§"
metrics_token = '§22§'
note = """nas1"""
private_key = """
§23§
§24§
"""
keys = { api_key = "§25§", name = "nas1" }
`,
  'config.json': `{
  "host": "nas1",
  "password": "§26§",
  "chap": {"userid": "nas1", "password": "§27§", "mutual_password": "§28§"},
  "tokens": {"api_token": "§29§"},
  "url": "https://admin:§30§@nas1/x",
  "environment": [
    {"name": "DB_PASSWORD", "value": "§31§"},
    {"name": "WHO", "value": "nas1"}
  ],
  "passwords": ["§32§", "§33§"]
}
`,
  'saveconfig.json': `{
  "targets": [
    {
      "wwn": "iqn.2003-01.org.linux-iscsi.nas1:a",
      "tpgs": [
        {
          "chap_userid": "nas1",
          "chap_password": "§34§",
          "chap_mutual_password": "§35§"
        }
      ]
    }
  ]
}
`,
  'backend.yaml': `host: nas1
password: §36§
chapInitiatorSecret: "§37§"
storage:
  secretKey: '§38§'
  clientPrivateKey: §39§
  tokens:
    - §40§
    - "§41§"
  passphrase: |
    §42§
    §43§
# admin_password: §44§ of nas1
`,
  'secret.yaml': `apiVersion: v1
kind: Secret
metadata:
  name: nas1
stringData:
  anything: §45§
---
kind: Pod
spec:
  host: nas1
  env:
    - name: DB_PASSWORD
      value: §46§
`,
  'snmpd.lines': `# of nas1
rocommunity §47§ 10.0.0.1
createUser nas1 SHA §48§ AES
MONITOR ups@10.0.0.1 1 nas1 §49§ master
`,
};

/** Differs between versions and places, and looks like nothing that is masked for its look alone. */
export function canary(version: string, number: number): string {
  return `Canary${version}xq${String(number).padStart(2, '0')}Zk`;
}

export const CANARY = /Canary[A-Z]xq\d\dZk/g;

/** The files of a version. */
export function plant(text: string, version: string): string {
  return text.replace(/§(\d\d?)§/g, (_, number) => canary(version, Number(number)));
}
