/**
 * Which keys name a secret, and which of their values are none. Both err to the side of masking:
 * a masked word costs a look at the file, a shown password costs the password.
 */

/** Last words of a key that are a secret by themselves, also as the end of a word (PGPASSWORD). */
const SECRET_END = /(?:password|passwd|passphrase|secret|token|apikey|authtok|credential)s?$/;
const SECRET_WORDS = new Set([
  'pass',
  'pwd',
  'pw',
  'psk',
  'bindpw',
  'rootpw',
  'authorization',
  'rocommunity',
  'rwcommunity',
  'rocommunity6',
  'rwcommunity6',
]);
/** Before a last word `key`: the key is one that must stay hidden. A public or host key is not. */
const SECRET_KEY_WORDS =
  /^(?:.*(?:api|access|private|priv|secret|encryption|crypt|shared|preshared|auth|account|master|signing|sign|session|storage|unseal|wrapping|hmac|luks|wg|webhook|chap)|user|admin)$/;
/** What may follow the secret word without changing what the value is: password_in, token2, pass_hash. */
const TAIL = new Set([
  'in',
  'out',
  'old',
  'new',
  'hash',
  'hashed',
  'crypt',
  'base64',
  'b64',
  'value',
  'data',
  'string',
  'plain',
  'mutual',
]);
/** Settings about passwords that hold none. */
const SETTINGS = /^(?:max|min|num|number|count)-/;

/** The words of a key in lower case: `chapPassword_in` is chap, password, in. */
function wordsOf(label: string): string[] {
  return label
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word !== '');
}

/**
 * Whether the value of this key is to be masked: passwords, keys, tokens, CHAP credentials. `extra`
 * are further keys, each pattern against the whole label.
 */
export function isSecretKey(label: string, extra: readonly RegExp[] = []): boolean {
  if (extra.some(pattern => pattern.test(label))) return true;
  const words = wordsOf(label);
  while (words.length > 1 && (TAIL.has(words.at(-1)!) || /^\d+$/.test(words.at(-1)!))) words.pop();
  const last = words.at(-1);
  if (last === undefined || SETTINGS.test(`${words.join('-')}-`)) return false;
  if (words[0] === 'chap' && words.length > 1) return true;
  const bare = last.replace(/\d+$/, '');
  if (SECRET_END.test(bare) || SECRET_WORDS.has(bare)) return true;
  return bare === 'key' && SECRET_KEY_WORDS.test(words.at(-2) ?? '');
}

/** Whether a key that is called just `key` is one to be masked by what it stands below: `[jwt.signing]`. */
export function isSecretBelow(above: string, label: string): boolean {
  return label.toLowerCase() === 'key' && isSecretKey(`${above} ${label}`);
}

/** Whether the key is called just `key` or the like: a secret when its value looks drawn at random. */
export function mayBeSecretKey(label: string): boolean {
  const words = wordsOf(label);
  return /key$/.test(words.at(-1) ?? '') && !/pub|public|host/.test(words.at(-2) ?? words.at(-1)!);
}

const PLAIN = /^(?:yes|no|true|false|on|off|none|null|nil|nothing|enabled?|disabled?|auto|default|~)$/i;
/** A reference to a value that stands elsewhere. */
const REFERENCE = /^(?:\$\{[^}]*\}|\$[A-Z_][A-Z0-9_]*|\{\{.*\}\}|%\{[^}]*\}|<[\w .-]+>|\{[a-z]+\})$/;
/** nsswitch.conf names its sources for `passwd:`, PAM what it does with a `password` rule. */
const SOURCES =
  /^(?:(?:files|compat|systemd|sss|winbind|ldap|nis|nisplus|db|dns|extrausers|\[[^\]]*\])\s*)+$/;
const CONTROL = /^(?:required|requisite|sufficient|optional|include|substack|\[[a-z_]+=\S*\])(?:\s|$)/;

/** Whether the value of a secret key shows no secret: empty, a switch, a path, a reference. */
export function isHarmless(value: string): boolean {
  const bare = value.trim();
  return (
    bare === '' ||
    bare.startsWith('# ') ||
    /^\d+\/(?:tcp|udp|sctp)$/.test(bare) ||
    /^•+$/.test(bare) ||
    PLAIN.test(bare) ||
    REFERENCE.test(bare) ||
    SOURCES.test(bare) ||
    CONTROL.test(bare) ||
    isPath(bare)
  );
}

/** `/etc/zrepl/a.key`, `./x`, `~/x`. Base64 may start with a slash too: a random segment is no path. */
function isPath(value: string): boolean {
  if (!/^(?:~|\.{1,2}|\$[a-z]+)?\/[\w.@%:-]+(?:\/[\w.@%:-]+)*\/?$/.test(value)) return false;
  const segments = value.split('/').slice(1);
  if (segments.some(looksRandom)) return false;
  return segments.length > 1 || value.includes('.') || value.startsWith('~');
}

/** Identifiers that look drawn and are public: UUIDs, and numbers such as SCSI reservation keys. */
const NO_DRAW = /^(?:0x[0-9a-f]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** Sixteen or more characters that mix letters and digits without a word's shape. */
export function looksRandom(value: string): boolean {
  if (value.length < 16 || NO_DRAW.test(value) || !/^[A-Za-z0-9+/=_-]+$/.test(value)) return false;
  return (
    /\d/.test(value) &&
    /[A-Za-z]/.test(value) &&
    (value.match(/\d/g)!.length > 2 || /[A-Z].*[a-z]|[a-z].*[A-Z]/.test(value))
  );
}

/** A key of cephx, or what was left of one: its header in base64, a 1 in 16 bits, is always AQ. */
export function isCephKey(value: string): boolean {
  return /^AQ[A-Za-z0-9+/]{6,}=*$/.test(value);
}
